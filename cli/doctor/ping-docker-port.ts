import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { type DialOptions, dialDockerPort, parseDockerHost } from '../docker/dial-docker-port.js';
import { refusal } from '../hub/client.js';
import type { DockerAccess } from '../hub/docker-access.js';
import { networkFailure } from '../hub/network-failure.js';

/**
 * Calls the engine's `/_ping` through the Docker port, as a Docker client does. Resolves with the engine's API version.
 * @throws Failure
 */
export async function pingDockerPort(access: DockerAccess, options: DialOptions): Promise<string> {
  const { host, port } = parseDockerHost(access.host);
  const where = `the Docker port ${host}:${port}`;
  try {
    const socket = await dialDockerPort(access, options);
    try {
      const headers = { host: `${host}:${port}` };
      const req = http.request({ path: '/_ping', headers, createConnection: () => socket });
      const stop = () => req.destroy(options.signal.reason);
      options.signal.addEventListener('abort', stop, { once: true });
      // Also those after its answer has begun.
      req.on('error', () => undefined);
      req.end();
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      const text = await textOf(res);
      const { statusCode: status = 0 } = res;
      if (status !== 200) throw refusal({ status, headers: res.headers, text }, where);
      return String(res.headers['api-version'] ?? 'unknown');
    } finally {
      socket.destroy();
    }
  } catch (error) {
    throw networkFailure(where, error);
  }
}
