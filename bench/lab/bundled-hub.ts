import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HubClient } from '../../tools/demo/hub-client.js';

/** The bundled host with the plugin in its own process, on free loopback ports. */
export interface BundledHub {
  /** Signed in. */
  readonly client: HubClient;
  readonly port: number;
  readonly tunnelPort: number;
  readonly dockerPort: number;
}

const PASSWORD = 'a-password-for-benchmarks';
const READY = /^fairlead: dashboard .*:(\d+) {2}tunnel .*:(\d+) {2}docker .*:(\d+)$/;

/**
 * @param onSpawn gets the process before it is ready, to end it with {@link endProcess}
 * @param env more variables
 */
export async function startBundledHub(
  dataDir: string,
  onSpawn: (hub: ChildProcess) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<BundledHub> {
  const main = fileURLToPath(new URL('../../host/main.ts', import.meta.url));
  const hub = spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      FAIRLEAD_BIND: '127.0.0.1',
      FAIRLEAD_PORT: '0',
      FAIRLEAD_TUNNEL_PORT: '0',
      FAIRLEAD_DOCKER_PORT: '0',
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_ADMIN_PASSWORD: PASSWORD,
      FAIRLEAD_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  onSpawn(hub);
  for await (const line of createInterface({ input: hub.stdout })) {
    const [, port, tunnelPort, dockerPort] = READY.exec(line) ?? [];
    if (port === undefined) continue;
    hub.stdout.resume();
    const ca = await readFile(join(dataDir, 'host/ca.pem'), 'utf8');
    const client = new HubClient(`https://127.0.0.1:${port}`, ca);
    const session = await client.call<{ token: string }>('POST', '/api/session', { password: PASSWORD });
    client.token = session.token;
    return { client, port: Number(port), tunnelPort: Number(tunnelPort), dockerPort: Number(dockerPort) };
  }
  throw new Error('the hub ended before it was ready');
}

/** Resolves when the process has ended. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
