import https from 'node:https';
import { isIP } from 'node:net';
import { parseDockerHost } from '../docker/dial-docker-port.js';
import { refusal } from '../hub/client.js';
import type { DockerAccess } from '../hub/docker-access.js';
import { networkFailure } from '../hub/network-failure.js';

const PING_MS = 60_000;

/** Calls the engine's `/_ping` through the Docker port, as a Docker client does. Resolves with the engine's API version. */
export function pingDockerPort(access: DockerAccess): Promise<string> {
  const { host, port } = parseDockerHost(access.host);
  const { ca, certificate: cert, key } = access;
  const where = `the Docker port ${host}:${port}`;
  return new Promise((resolve, reject) => {
    const req = https.request({
      host,
      port,
      ...(isIP(host) ? {} : { servername: host }),
      path: '/_ping',
      ca,
      cert,
      key,
      minVersion: 'TLSv1.2',
      agent: false,
    });
    req.setTimeout(PING_MS, () => req.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    req.on('error', (error) => reject(networkFailure(where, error)));
    req.on('response', async (res) => {
      let text = '';
      for await (const chunk of res) text += chunk;
      const status = res.statusCode ?? 0;
      if (status === 200) resolve(String(res.headers['api-version'] ?? 'unknown'));
      else reject(refusal({ status, headers: res.headers, text }, where));
    });
    req.end();
  });
}
