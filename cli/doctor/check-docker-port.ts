import { dialTcp } from '../../protocol/network/dial-tcp.js';
import { urlAddress } from '../../protocol/network/url-address.js';
import type { Login } from '../config/logins.js';
import { parseDockerHost } from '../docker/dial-docker-port.js';
import { tlsHandshake } from '../docker/tls-handshake.js';
import { networkFailure } from '../hub/network-failure.js';
import { withDeadline } from '../hub/with-deadline.js';
import type { Session } from '../session.js';
import type { Checklist } from './checklist.js';

const DEFAULT_PORT = 2376;
const STEP_MS = 10_000;

/**
 * Checks that something speaks TLS at the Docker port: where this machine's accesses are, else at the default port of the
 * hub's host, which may be wrong. No certificate is sent, and none is verified: that needs an environment.
 */
export async function checkDockerPort(
  list: Checklist,
  { runtime, accessRecords }: Session,
  login: Login,
): Promise<void> {
  const known = (await accessRecords.of(login.url)).at(-1)?.host;
  const { host, port } = known
    ? parseDockerHost(known)
    : { host: urlAddress(new URL(login.url)).host, port: DEFAULT_PORT };
  const find = () =>
    withDeadline(runtime, STEP_MS, async (signal) => {
      const socket = await dialTcp(host, port, { clock: runtime.clock, signal });
      (await tlsHandshake(socket, { host, signal, rejectUnauthorized: false })).destroy();
      return { text: `${host}:${port} speaks TLS`, value: true };
    }).catch((error: unknown) => {
      throw networkFailure(`the Docker port ${host}:${port}`, error);
    });
  if (known !== undefined) {
    await list.run('docker port', find);
    return;
  }
  try {
    const result = await find();
    await list.run('docker port', async () => result);
  } catch {
    runtime.interrupted.throwIfAborted();
    list.skip(
      'docker port',
      `nothing at ${host}:${port}; the hub may have it elsewhere`,
      'fairlead doctor NAME asks the hub where it is',
    );
  }
}
