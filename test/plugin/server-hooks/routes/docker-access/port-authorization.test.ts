import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { Forger } from '../../../../kit/docker/forged-client.js';
import { callPort, dialPort, makeClient, type PortClient } from '../../../../kit/docker/port-client.js';
import { type PortWorld, startPortWorld } from '../../../../kit/docker/start-port-world.js';
import { apiClient } from '../../../../kit/hub/api-client.js';

interface World extends PortWorld {
  readonly ca: string;
  readonly forger: Forger;
  /** What a certificate of the environment says. */
  readonly uri: string;
  /** Ends the credentials of the admin `leaver`. */
  readonly leave: () => void;
}

async function startWorld(t: ExecutionContext): Promise<World> {
  const admins = new Set(['admin', 'leaver']);
  const world = await startPortWorld(
    t,
    {},
    {
      authenticate: async ({ headers }) => {
        const id = headers.authorization?.slice('Bearer '.length) ?? '';
        return admins.has(id) ? { id, via: 'bearer' } : null;
      },
    },
  );
  const { ca } = await makeClient(world.hub, world.id);
  const uri = `fairlead:environment/${world.id}`;
  return { ...world, ca, uri, forger: new Forger(world.hub, ca), leave: () => void admins.delete('leaver') };
}

async function makeRevokedClient({ hub, id }: World) {
  const client = await makeClient(hub, id);
  await hub.call('DELETE', `/api/environments/${id}/docker-access/${client.access.id}`);
  return client;
}

const INVALID = [401, 'docker-certificate-invalid'] as const;
const REVOKED = [401, 'docker-access-revoked'] as const;
const NOT_FOUND = [404, 'environment-not-found'] as const;

type Row = readonly [
  client: string,
  make: (world: World) => Promise<PortClient>,
  status: number,
  /** Undefined: the engine answers. */
  code?: string,
];

const ROWS: readonly Row[] = [
  ['an access', ({ hub, id }) => makeClient(hub, id), 200],
  [
    'an access whose creator is no longer known',
    async ({ hub, id, leave }) => {
      const client = await makeClient(apiClient({ url: hub.url, token: 'leaver' }), id);
      leave();
      return client;
    },
    200,
  ],
  ['no certificate', async ({ ca }) => ({ ca }), 401, 'docker-certificate-missing'],
  ['self-signed', ({ forger, uri }) => forger.selfSigned({ uri }), ...INVALID],
  ['another CA', ({ forger, uri }) => forger.ofForeignAuthority({ uri }), ...INVALID],
  ['another CA of the same name', ({ forger, uri }) => forger.ofForeignAuthority({ uri }, true), ...INVALID],
  ['the port’s own certificate', ({ forger }) => forger.ofServer(), ...INVALID],
  ['names no environment', ({ forger }) => forger.ofOwnAuthority({ uri: 'https://x' }), ...INVALID],
  [
    'has expired',
    ({ forger, uri }) => forger.ofOwnAuthority({ uri, expiresAtMs: Date.now() - 1_000 }),
    ...([401, 'docker-access-expired'] as const),
  ],
  ['the CA’s, of no access', ({ forger, uri }) => forger.ofOwnAuthority({ uri }), ...REVOKED],
  [
    'the CA’s, with the access of another environment',
    async ({ hub, forger, uri }) => {
      const other = await hub.createEnvironment({ name: 'its access' });
      const { access } = await makeClient(hub, other.id);
      return forger.ofOwnAuthority({ uri, serialNumber: access.id });
    },
    ...REVOKED,
  ],
  ['a revoked access', makeRevokedClient, ...REVOKED],
  [
    'another environment',
    async ({ hub }) => makeClient(hub, (await hub.createEnvironment({ name: 'other' })).id),
    ...([503, 'environment-not-associated'] as const),
  ],
  [
    'a deleted environment',
    async ({ hub }) => {
      const { id } = await hub.createEnvironment({ name: 'deleted' });
      const client = await makeClient(hub, id);
      await hub.call('DELETE', `/api/environments/${id}`);
      return client;
    },
    ...NOT_FOUND,
  ],
  [
    'no such environment',
    ({ forger }) => forger.ofOwnAuthority({ uri: 'fairlead:environment/99' }),
    ...NOT_FOUND,
  ],
];

test('docker port: who reaches the engine, and why others do not', async (t) => {
  const world = await startWorld(t);
  const { hub, engine, id } = world;
  for (const [what, make, status, code] of ROWS) {
    const client = await make(world);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      // The path of the plugin's API is the engine's here, too, and nobody else calls it.
      const path = `/edge/api/environments/${id}/docker/_ping`;
      const reached = () => engine.requests.filter((request) => request === `GET ${path}`).length;
      const before = reached();
      const answer = await callPort(hub, { ...client, maxVersion }, path);
      t.is(answer.status, status, `${what}, ${maxVersion}`);
      t.is(answer.body.code, code, `${what}, ${maxVersion}`);
      t.is(typeof answer.body.message, code === undefined ? 'undefined' : 'string', what);
      t.is(reached() - before, code === undefined ? 1 : 0, what);
    }
  }
});

test('docker port: nothing that a refused client sends reaches the HTTP parser', async (t) => {
  const world = await startWorld(t);
  const socket = await dialPort(t, world.hub, { ca: world.ca });
  socket.write('\x16\x03\x01 not HTTP at all');
  const [first] = await once(socket, 'data');
  t.regex(String(first), /^HTTP\/1\.1 401 /);
  await once(socket, 'close');
});
