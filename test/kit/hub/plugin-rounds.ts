import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { PASSWORD, startHost } from '../../host/start-host.js';
import { startAgent } from '../agent/agent.js';
import { freePort } from '../free-port.js';
import { type HubApi, signIn } from './api.js';
import { countObjects, type Inventory, takeInventory, untilAsBefore } from './inventory.js';

/** The host with the real plugin in this process, and an environment whose agent is a separate process. */
export interface HostAndAgent {
  readonly api: HubApi;
  readonly port: number;
  readonly ca: string;
  readonly dataDir: string;
  readonly tunnelPort: number;
  readonly id: number;
}

/** What was seen while the plugin was off. */
export interface Inventories {
  /** Live objects, at each inventory. */
  readonly objects: readonly number[];
  /** Bytes on the heap after a collection, at each inventory. */
  readonly heapBytes: readonly number[];
  /** Time until the agent was back after each start, ms. */
  readonly returnMs: readonly number[];
  /** Of the first inventory; later ones found no more. */
  readonly inventory: Inventory | undefined;
}

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts it, with an agent at the engine behind that socket. */
export async function startHostAndAgent(t: ExecutionContext, engineSocket: string): Promise<HostAndAgent> {
  const tunnelPort = await freePort();
  const { port, ca, dataDir } = await startHost(t, {
    config: { tunnelPort },
    deps: { pluginFolders: [projectFolder] },
  });
  const api = await signIn(t, { origin: `https://localhost:${port}`, password: PASSWORD });
  const body = { name: 'rounds', url: `https://127.0.0.1:${port}/edge` };
  const { id, edgeId, edgeKey } = await api.createEnvironment(body);
  // Its lines would be kept in this process, whose heap is measured.
  const env = { LOG_LEVEL: 'fatal' };
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engineSocket, env });
  return { api, port, ca, dataDir, tunnelPort, id };
}

/**
 * Switches the plugin off and on, in the midst of a call. Fails the test where something is left behind that was not
 * there at the first inventory.
 * @param options.inventoryEvery rounds between inventories; the first follows as many, when everything that is made once has been made
 * @param options.use what is done with the environment in each round
 */
export async function runRounds(
  t: ExecutionContext,
  setup: HostAndAgent,
  options: { readonly rounds: number; readonly inventoryEvery: number; readonly use: () => Promise<void> },
): Promise<Inventories> {
  const { api, id } = setup;
  const path = `/edge/api/environments/${id}`;
  const set = async (enabled: boolean) =>
    (await api.call<{ state: string }>('PATCH', '/api/plugins/fairlead', { enabled })).body.state;
  const objects: number[] = [];
  const heapBytes: number[] = [];
  const returnMs: number[] = [];
  let inventory: Inventory | undefined;
  let startedMs: number | null = null;
  for (let round = 1; round <= options.rounds; round++) {
    await api.until(id, ({ status }) => status === 'online' || status === 'degraded', 60_000);
    if (startedMs !== null) returnMs.push(performance.now() - startedMs);
    t.is((await api.call('POST', `${path}/tunnel`, { wait: 30 })).status, 200);
    await options.use();
    const { cut } = await openEvents(setup, `${path}/docker/events`);

    t.is(await set(false), 'off');
    await t.notThrowsAsync(cut);
    t.is((await api.call('GET', path)).status, 404);
    t.true(await isRefused(setup.tunnelPort));
    const files = await readdir(join(setup.dataDir, 'plugins/fairlead'));
    t.false(files.some((name) => name.includes('lock')));
    if (round % options.inventoryEvery === 0) {
      inventory ??= await takeInventory();
      await t.notThrowsAsync(untilAsBefore(inventory));
      objects.push(countObjects());
      heapBytes.push(process.memoryUsage().heapUsed);
    }
    startedMs = performance.now();
    t.is(await set(true), 'on');
  }
  return { objects, heapBytes, returnMs, inventory };
}

/** A call to the engine that has started to answer, and never ends by itself. */
async function openEvents({ port, ca, api }: HostAndAgent, path: string): Promise<{ cut: Promise<void> }> {
  const headers = { authorization: `Bearer ${api.token}` };
  const req = request({ host: '127.0.0.1', port, ca, path, headers, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  req.on('error', () => undefined);
  const cut = new Promise<void>((resolve, reject) => {
    res.once('error', () => resolve());
    res.once('end', () => reject(new Error('a cut stream appeared complete')));
  });
  res.resume();
  return { cut };
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const outcome = await Promise.race([once(socket, 'connect').then(() => false), once(socket, 'error')]);
  socket.destroy();
  return outcome !== false;
}
