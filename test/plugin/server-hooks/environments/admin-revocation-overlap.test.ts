import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { KeyRotated } from '../../../../plugin/api.js';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import { codeOf } from '../../../../protocol/problems.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { until } from '../../../kit/until.js';

const OVERLAP_MS = 2_000;
/** How late the hub may notice the end of an overlap, by its own clock. */
const NOTICED_MS = 1_000;

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock });
  const base = `/api/environments/${id}`;
  const rotate = async () => {
    const overlapSeconds = OVERLAP_MS / 1_000;
    return (await hub.call<KeyRotated>('POST', `${base}/rotate-key`, { overlapSeconds })).body;
  };
  const openTunnel = async (instance = agent) => {
    await hub.call('POST', `${base}/tunnel`);
    const { ended } = await instance.open(await instance.prove(await instance.credential()));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    return { ended, isOver: () => isOver };
  };
  /** Lets a new overlap end; shortly before, nothing has happened yet. */
  const endOverlap = async (isBefore: () => boolean = () => true) => {
    clock.advance(OVERLAP_MS - 1);
    await hub.view(id);
    t.true(isBefore());
    clock.advance(1 + NOTICED_MS);
  };
  return { clock, hub, edgeId: edgeId ?? '', agent, base, rotate, openTunnel, endOverlap };
}

/** The only environment as the disk has it, once `holds` says so. AVA's time limit is the deadline. */
async function untilStored(
  dataDir: string,
  holds: (environment: Environment) => boolean,
): Promise<Environment> {
  const read = async () =>
    JSON.parse(await readFile(join(dataDir, 'fairlead.json'), 'utf8')).environments[0] as Environment;
  return until(read, holds);
}

test('revocation: a rotated key with an overlap closes nothing until the overlap ends, then everything immediately', async (t) => {
  const { agent, rotate, openTunnel, endOverlap } = await setup(t);
  const tunnel = await openTunnel();
  await rotate();
  const { etag } = await agent.checkIn();
  let isAnswered = false;
  const held = agent.checkIn({ ...(etag ? { etag } : {}), wait: 50 }).then(
    () => 'answered',
    (error: unknown) => {
      isAnswered = true;
      return codeOf(error);
    },
  );
  await endOverlap(() => !tunnel.isOver() && !isAnswered);
  t.is(await tunnel.ended, 'revoked');
  t.is(await held, 'agent-unauthorized');
  await t.throwsAsync(agent.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(agent.enrol(), { code: 'agent-unauthorized' });
});

test('revocation: the end of an overlap ends calls and snapshots that wait for an agent with the old key', async (t) => {
  const { hub, agent, base, rotate, endOverlap } = await setup(t);
  await agent.checkIn();
  await rotate();
  let ended = 0;
  const call = (method: string, path: string, body?: unknown) =>
    hub.call(method, `${base}${path}`, body).finally(() => ended++);
  const ping = call('GET', '/docker/_ping');
  while ((await agent.checkIn()).reply?.tunnel !== 'required');
  const calls = [ping, call('POST', '/tunnel', { wait: 60 }), call('POST', '/snapshot')];
  while (!(await agent.checkIn()).reply?.snapshotRequest);
  await endOverlap(() => ended === 0);
  const codes = (await Promise.all(calls)).map(({ body }) => Object(body).code);
  t.deepEqual(codes, ['tunnel-closed', 'tunnel-closed', 'environment-not-associated']);
});

test('revocation: a handshake with a credential of the old key is refused once the overlap is over', async (t) => {
  const { hub, agent, base, rotate, endOverlap } = await setup(t);
  await hub.call('POST', `${base}/tunnel`);
  const proof = await agent.prove(await agent.credential());
  await rotate();
  await endOverlap();
  await t.throwsAsync(agent.open(proof), { code: 'credential-revoked' });
});

test('revocation: the end of an overlap does not affect an agent that uses the new key', async (t) => {
  const { clock, hub, edgeId, agent, rotate, openTunnel, endOverlap } = await setup(t);
  const before = await untilStored(hub.dataDir, ({ instances }) => instances.length === 1);
  const { edgeKey } = await rotate();
  const over = await joinInstance(t, { edgeId, edgeKey, instance: agent.instance, clock });
  const tunnel = await openTunnel(over);
  await endOverlap();
  const after = await untilStored(hub.dataDir, ({ keys }) => keys.length === 1);
  t.is(after.generation, before.generation);
  t.false(tunnel.isOver());
  t.truthy(await over.checkIn());
});

test('revocation: an overlap survives a restart of the hub', async (t) => {
  const { clock, hub, rotate } = await setup(t);
  await rotate();
  await hub.stop();
  const { generation } = await untilStored(hub.dataDir, ({ keys }) => keys.length === 2);
  const again = await startPlugin(t, { dataDir: hub.dataDir, clock });
  clock.advance(OVERLAP_MS - 1);
  await again.call('GET', '/api/environments');
  await untilStored(hub.dataDir, ({ keys }) => keys.length === 2);
  clock.advance(1 + NOTICED_MS);
  const after = await untilStored(hub.dataDir, ({ keys }) => keys.length === 1);
  t.deepEqual(after.instances, []);
  t.is(after.generation, generation + 1);
});
