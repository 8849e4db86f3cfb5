import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { startAgent } from '../helpers/agent.js';
import { countObjects, takeInventory, untilAsBefore } from '../helpers/inventory.js';
import { startSmallEngine } from '../helpers/small-engine.js';
import { startHost, type TestHost } from './start-host.js';

const ROUNDS = 50;
/** How often it is looked what is there; before the first look everything that is made once has been made. */
const LOOK_EVERY = 10;
/** A plugin that something still holds is many times as large. */
const OBJECTS_PER_ROUND = 10;
const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The host with the real plugin, its admin, and an environment whose agent is a process of its own. */
async function startLine(t: ExecutionContext) {
  const tunnelPort = await freePort();
  const host = await startHost(t, {
    config: { tunnelPort },
    around: { pluginFolders: [projectFolder] },
  });
  const headers = await host.signIn();
  const call = (method: string, path: string, body?: object) => host.call(path, { method, headers, body });
  const body = { name: 'rounds', url: `https://127.0.0.1:${host.port}/edge` };
  const answer = await call('POST', '/edge/api/environments', body);
  const created = answer.json() as unknown as EnvironmentCreated;
  const engine = await startSmallEngine(t);
  await startAgent(t, {
    edgeId: created.edgeId ?? '',
    edgeKey: created.edgeKey,
    engine: engine.socketPath,
    // Its lines would be kept in this process, whose heap is looked at.
    env: { LOG_LEVEL: 'fatal' },
  });
  return { host, tunnelPort, call, headers, path: `/edge/api/environments/${created.id}` };
}

type Line = Awaited<ReturnType<typeof startLine>>;

async function untilOnline(t: ExecutionContext, { call, path }: Line): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const view = (await call('GET', path)).json() as unknown as EnvironmentView;
    if (view.status === 'online' || view.status === 'degraded') return;
    if (Date.now() > deadline) return t.fail(`the agent did not come back: ${JSON.stringify(view)}`);
    await delay(25);
  }
}

/** A call to the engine that has begun to answer, and never ends by itself. */
async function openEvents(host: TestHost, path: string, headers: object): Promise<{ cut: Promise<void> }> {
  const { port, ca } = host;
  const options = { host: '127.0.0.1', port, ca, path: `${path}/docker/events`, headers: { ...headers } };
  const req = request({ ...options, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  req.on('error', () => undefined);
  await once(res, 'data');
  const cut = new Promise<void>((resolve, reject) => {
    res.once('error', () => resolve());
    res.once('end', () => reject(new Error('a stream that was cut looked whole')));
  });
  return { cut };
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const outcome = await Promise.race([once(socket, 'connect').then(() => false), once(socket, 'error')]);
  socket.destroy();
  return outcome !== false;
}

test(`plugin life: ${ROUNDS} times off and on, its agent returns each time and nothing is left behind`, async (t) => {
  t.timeout(600_000);
  const line = await startLine(t);
  const { host, call, path, headers, tunnelPort } = line;
  const set = async (enabled: boolean) =>
    (await call('PATCH', '/api/plugins/fairlead', { enabled })).json().state;
  const held: number[] = [];
  let empty: Awaited<ReturnType<typeof takeInventory>> | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    await untilOnline(t, line);
    t.is((await call('POST', `${path}/tunnel`, { wait: 30 })).status, 200);
    t.is((await call('GET', `${path}/docker/_ping`)).text, 'OK');
    const { cut } = await openEvents(host, path, headers);

    t.is(await set(false), 'off');
    await t.notThrowsAsync(cut);
    t.is((await call('GET', path)).status, 404);
    t.true(await isRefused(tunnelPort));
    const files = await readdir(join(host.dataDir, 'plugins/fairlead'));
    t.deepEqual(
      files.filter((name) => name.includes('lock')),
      [],
    );
    if (round % LOOK_EVERY === 0) {
      empty ??= await takeInventory();
      await t.notThrowsAsync(untilAsBefore(empty));
      held.push(countObjects());
    }
    t.is(await set(true), 'on');
  }
  const grown = ((held.at(-1) ?? 0) - (held[0] ?? 0)) / (ROUNDS - LOOK_EVERY);
  t.log(`${grown.toFixed(1)} objects more a round`);
  t.true(grown < OBJECTS_PER_ROUND, held.join(' '));
});
