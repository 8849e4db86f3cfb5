import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DockerAccessCreated, EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { buildAgent } from '../../tools/build/agent.js';
import { endProcess, startBundledHub } from '../lab/bundled-hub.js';
import type { BenchLab } from '../lab/lab.js';
import type { Defer, Route } from './route.js';

const ONLINE_MS = 30_000;

/** The plugin behind a plain HTTP server. */
export function plugin({ port, dockerPath, hubPid, agentPid }: BenchLab): Route {
  return {
    name: 'Fairlead: plugin, HTTP',
    at: { port },
    pids: [hubPid, agentPid],
    prefix: dockerPath,
    authorization: 'Bearer bench',
  };
}

/** The bundled host with its own TLS: by a token, and by a client certificate. */
export async function bundledHost(socketPath: string, folder: string, defer: Defer): Promise<Route[]> {
  const bundle = join(folder, 'bundled-agent.mjs');
  await buildAgent(bundle);
  let hubPid = 0;
  const { client, port, dockerPort } = await startBundledHub(join(folder, 'bundled-hub'), (hub) => {
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
  const access = await client.call<DockerAccessCreated>('POST', `${path}/docker-access`, { name: 'bench' });
  const { certificate: cert, key = '' } = access;
  const pids = [hubPid, agent.pid ?? 0];
  return [
    {
      name: 'Fairlead: bundled host, HTTPS',
      at: { port, isSecure: true },
      pids,
      prefix: `${path}/docker`,
      authorization: `Bearer ${token}`,
    },
    {
      name: 'Fairlead: Docker port, certificate',
      at: { port: dockerPort, isSecure: true, cert, key },
      pids,
      prefix: '',
      authorization: null,
    },
  ];
}
