import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { EnvironmentCreated, WebhookCreated } from '../../../../../plugin/api.js';
import { startAgent } from '../../../../kit/agent/agent.js';
import { joinInstance } from '../../../../kit/agent/instance.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startScriptedEngine } from '../../../../kit/engine/scripted-engine.js';
import { httpAnswer } from '../../../../kit/engine/scripts.js';
import { startPlugin, type TestPlugin } from '../../../../kit/hub/plugin.js';
import { ApiContract, type OpenApiDocument, type RawAnswer } from './api-contract.js';

/** How a call is made; what is absent is as a right call has it. */
export interface Asking {
  /** Default: the path the document has, with {@link ApiWorld.ids} in the place of parameters. */
  readonly path?: string;
  /** Null: no credentials. Default `admin`. */
  readonly token?: string | null;
  /** Sent as JSON, or as it is if it is bytes. */
  readonly body?: unknown;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Default: the hub of the world. */
  readonly at?: string;
}

/** Two hubs, an environment whose agent is online, one without an agent, a webhook; and the document they gave. */
export interface ApiWorld {
  readonly hub: TestPlugin;
  /** Its clock does not move, and it has no CA. */
  readonly frozen: TestPlugin;
  /** On the frozen hub: an environment whose agent is silent since its enrolment. */
  readonly silent: number;
  /** The agent checks in once. */
  comeBack(): Promise<unknown>;
  readonly clock: FakeClock;
  readonly contract: ApiContract;
  readonly online: EnvironmentCreated;
  readonly empty: EnvironmentCreated;
  /** A clone of its agent's machine has just been refused. */
  readonly cloned: EnvironmentCreated;
  /** A Swarm whose only node is `n1`, a worker, with its agent online. */
  readonly swarm: EnvironmentCreated;
  readonly webhook: WebhookCreated;
  /** The hub behind a dashboard that reads bodies before the plugin can. */
  readonly greedy: string;
  /** Calls the operation `id`, and compares the answer with the document; `expected` is `201` or `409 name-taken`. */
  ask(id: string, expected: string, asking?: Asking): Promise<RawAnswer>;
}

const WORKER = {
  ID: 'worker',
  Name: 'one',
  Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: false },
};

const HOST = {
  authenticate: async (req: http.IncomingMessage) => {
    const [, id] = /^Bearer (admin|outsider|broken)$/.exec(req.headers.authorization ?? '') ?? [];
    if (id === 'broken') throw new Error('the dashboard fails');
    return id === undefined ? null : { id, via: 'bearer' as const };
  },
  authorize: ({ id }: { id: string }) => id !== 'outsider',
};

export async function makeApiWorld(t: ExecutionContext): Promise<ApiWorld> {
  const clock = new FakeClock();
  const hub = await startPlugin(
    t,
    { dockerPort: 0 },
    { ...HOST, caCertificate: '-----BEGIN CERTIFICATE-----\n' },
  );
  const frozen = await startPlugin(t, { clock });
  const silent = await frozen.createEnvironment({ name: 'silent' });
  const agent = await joinInstance(t, { edgeId: silent.edgeId ?? '', edgeKey: silent.edgeKey, clock });
  clock.advance(60_000);
  const engine = await startScriptedEngine(t, {});
  const online = await hub.createEnvironment({ name: 'online' });
  const empty = await hub.createEnvironment({ name: 'empty' });
  const swarm = await hub.createEnvironment({ name: 'swarm' });
  const worker = await startScriptedEngine(t, {
    info: httpAnswer('application/json', JSON.stringify(WORKER)),
  });
  await startAgent(t, { edgeId: swarm.edgeId ?? '', edgeKey: swarm.edgeKey, engine: worker.socketPath });
  const cloned = await hub.createEnvironment({ name: 'cloned' });
  const identity = { edgeId: cloned.edgeId ?? '', edgeKey: cloned.edgeKey };
  const original = await joinInstance(t, { ...identity, facts: { boot: 'first-boot-00000' } });
  await t.throwsAsync(original.enrol({ boot: 'clone-boot-00000' }), { code: 'duplicate' });
  const webhook = (await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'hook' })).body;
  await startAgent(t, { edgeId: online.edgeId ?? '', edgeKey: online.edgeKey, engine: engine.socketPath });
  for (const { id } of [online, swarm]) {
    await hub.until(id, ({ status, snapshot }) => status !== 'new' && snapshot !== null, 60_000);
  }
  const contract = new ApiContract((await hub.call<OpenApiDocument>('GET', '/api/openapi.json')).body);
  const greedy = await startGreedyHost(t, hub);

  return {
    hub,
    frozen,
    silent: silent.id,
    comeBack: () => agent.checkIn(),
    clock,
    contract,
    online,
    empty,
    cloned,
    swarm,
    webhook,
    greedy,
    ask: async (id, expected, asking = {}) => {
      const { method, template } = contract.operation(id);
      const path = asking.path ?? pathOf(template, { id: online.id, webhookId: webhook.id });
      const answer = await send(`${asking.at ?? hub.url}${path}`, method, asking);
      const code = answer.status < 400 ? '' : JSON.parse(answer.text).code;
      t.is(`${answer.status} ${code}`.trim(), expected, `${id} ${path}`);
      t.deepEqual(contract.compare(id, answer), [], `${id} ${path} ${expected}`);
      return answer;
    },
  };
}

/** A call to the environment whose agent was there once. */
export function atSilent({ frozen, silent }: ApiWorld, rest: string): Asking {
  return { at: frozen.url, path: `/api/environments/${silent}/${rest}` };
}

/** The document's path with values in the place of `{id}` and the like; `{path}` is a Docker call. */
export function pathOf(template: string, values: Readonly<Record<string, unknown>>): string {
  const all: Readonly<Record<string, unknown>> = { path: '_ping', node: 'n1', ...values };
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(all[name]));
}

function send(url: string, method: string, { token = 'admin', body, headers }: Asking): Promise<RawAnswer> {
  const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const req = http.request(
      url,
      { method, headers: { ...authorization, ...headers }, agent: false },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const done = () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text });
        res.once('error', reject);
        res.once('end', done);
        if (!res.headers['content-type']?.startsWith('text/event-stream')) return;
        // Events never end by themselves.
        done();
        req.destroy();
      },
    );
    req.once('error', reject);
    req.end(bytes);
  });
}

async function startGreedyHost(t: ExecutionContext, { plugin }: TestPlugin): Promise<string> {
  const server = http.createServer(async (req, res) => {
    req.resume();
    await once(req, 'end');
    plugin.callback(req, res);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/edge`;
}

/** The data folder is away for a moment, so that the store cannot write. */
export async function unwritable({ ask, hub }: ApiWorld, id: string, asking: Asking): Promise<void> {
  await rename(hub.dataDir, `${hub.dataDir}.away`);
  try {
    await ask(id, '503 store-unwritable', asking);
  } finally {
    await rename(`${hub.dataDir}.away`, hub.dataDir);
  }
}

let spares = 0;

/** The path of an environment that nothing else uses. */
export async function spare({ hub }: ApiWorld): Promise<string> {
  const { id } = await hub.createEnvironment({ name: `spare ${++spares}` });
  return `/api/environments/${id}`;
}
