import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DemoProcess } from './demo-process.js';
import { HubClient } from './hub-client.js';
import type { DemoSite } from './site.js';

/** The demo's hub: the bundled host with the plugin, on this machine only unless `FAIRLEAD_BIND` says otherwise. */
export interface DemoHub {
  readonly process: DemoProcess;
  readonly client: HubClient;
  readonly url: string;
  readonly password: string;
  readonly tunnelAddress: string;
  readonly caFile: string;
}

/**
 * Starts a hub with a fresh data folder in `dir`, on its usual ports where they are free, and signs in.
 * @param site its address, and the image in its printed commands
 */
export async function startHub(
  dir: string,
  { hubAddress, agentImage }: Pick<DemoSite, 'hubAddress' | 'agentImage'>,
): Promise<DemoHub> {
  const dataDir = join(dir, 'hub');
  const password = randomBytes(15).toString('base64url');
  const bind = process.env.FAIRLEAD_BIND || hubAddress || '127.0.0.1';
  const host = hubAddress ?? 'localhost';
  const hub = await DemoProcess.start('hub', ['--import', 'tsx', 'host/main.ts'], {
    logFile: join(dir, 'hub.log'),
    env: {
      ...process.env,
      FAIRLEAD_BIND: bind,
      FAIRLEAD_PORT: process.env.FAIRLEAD_PORT || (await freePort(9443, bind)),
      FAIRLEAD_TUNNEL_PORT: process.env.FAIRLEAD_TUNNEL_PORT || (await freePort(8000, bind)),
      FAIRLEAD_DOCKER_PORT: process.env.FAIRLEAD_DOCKER_PORT || (await freePort(2376, bind)),
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_ADMIN_PASSWORD: password,
      ...(agentImage && { FAIRLEAD_AGENT_IMAGE: agentImage }),
    },
  });
  try {
    const [, port, tunnelPort] = await hub.untilLine(/^fairlead: dashboard \S+:(\d+) {2}tunnel \S+:(\d+)/);
    const url = `https://${host}:${port}`;
    const caFile = join(dataDir, 'host', 'ca.pem');
    const client = new HubClient(url, await readFile(caFile, 'utf8'));
    const session = await client.call<{ token: string }>('POST', '/api/session', { password });
    client.token = session.token;
    return { process: hub, client, url, password, tunnelAddress: `${host}:${tunnelPort}`, caFile };
  } catch (error) {
    await hub.stop();
    throw error;
  }
}

/** The preferred port if it is free, else `0`, which lets the system choose. */
function freePort(wanted: number, bind: string): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve('0'));
    probe.listen(wanted, bind, () => probe.close(() => resolve(String(wanted))));
  });
}
