import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { buildAgent } from '../../tools/build/agent.js';
import { endProcess, startBundledHub } from '../lab/bundled-hub.js';
import type { BenchLab } from '../lab/lab.js';
import { makeSelfSigned } from '../lab/self-signed.js';
import type { CallerInput } from '../roles/caller.js';
import { startRole } from '../roles/start-role.js';

/** A way to an engine. */
export interface CallTarget extends Pick<CallerInput, 'at' | 'request' | 'pids'> {
  readonly name: string;
}

/** Adds what a target needs to be stopped. */
export type Defer = (stop: () => Promise<unknown>) => void;

const ONLINE_MS = 30_000;

/** A whole request for `/_ping`. */
export function ping(prefix: string, ...headers: string[]): string {
  return [`GET ${prefix}/_ping HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

/** The engine's socket itself. */
export function direct(socketPath: string): CallTarget {
  return { name: 'direct', at: { socketPath }, request: ping(''), pids: [] };
}

/** The tunnel's hops and processes, with one TLS connection for each client's instead of a tunnel. */
export async function tlsPipe(socketPath: string, defer: Defer): Promise<CallTarget> {
  const { key, certificate } = await makeSelfSigned();
  const exit = await startRole('tls-pipe', { side: 'exit', key, certificate, socketPath });
  defer(() => exit.stop());
  const entry = await startRole('tls-pipe', { side: 'entry', port: exit.ready.port });
  defer(() => entry.stop());
  const at = { port: Number(entry.ready.port) };
  return { name: 'raw TLS pipe', at, request: ping(''), pids: [entry.pid, exit.pid] };
}

/** The plugin behind a plain HTTP server. */
export function plugin({ port, dockerPath, hubPid, agentPid }: BenchLab): CallTarget {
  const request = ping(dockerPath, 'Authorization: Bearer bench');
  return { name: 'Fairlead: plugin, HTTP', at: { port }, request, pids: [hubPid, agentPid] };
}

/** The bundled host with its own TLS. */
export async function bundledHost(socketPath: string, folder: string, defer: Defer): Promise<CallTarget> {
  const bundle = join(folder, 'bundled-agent.mjs');
  await buildAgent(bundle);
  let hubPid = 0;
  const { client, port } = await startBundledHub(join(folder, 'bundled-hub'), (hub) => {
    hubPid = hub.pid ?? 0;
    defer(() => endProcess(hub));
  });
  const created = await client.call<EnvironmentCreated>('POST', '/edge/api/environments', { name: 'bench' });
  const agent = spawn(process.execPath, [bundle], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      EDGE_ID: created.edgeId ?? '',
      EDGE_KEY: created.edgeKey,
      EDGE_INSECURE_POLL: '1',
      DATA_DIR: join(folder, 'bundled-agent'),
      DOCKER_HOST: `unix://${socketPath}`,
      LOG_LEVEL: 'error',
    },
  });
  defer(() => endProcess(agent));
  const path = `/edge/api/environments/${created.id}`;
  const deadline = Date.now() + ONLINE_MS;
  while ((await client.call<EnvironmentView>('GET', path)).status !== 'online') {
    if (Date.now() > deadline) throw new Error('the bundled host’s agent is not online');
    await delay(50);
  }
  // As a Docker client has it; verifying a session's token takes longer.
  const { token } = await client.call<{ token: string }>('POST', '/api/tokens', { name: 'bench' });
  const request = ping(`${path}/docker`, `Authorization: Bearer ${token}`);
  const pids = [hubPid, agent.pid ?? 0];
  return { name: 'Fairlead: bundled host, HTTPS', at: { port, isSecure: true }, request, pids };
}
