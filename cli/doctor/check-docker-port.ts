import tls from 'node:tls';
import { dialTcp } from '../../protocol/network/dial-tcp.js';
import type { Login } from '../config/logins.js';
import { parseDockerHost } from '../docker/dial-docker-port.js';
import { networkFailure } from '../hub/network-failure.js';
import type { Session } from '../session.js';
import type { Checklist } from './checklist.js';

const DEFAULT_PORT = 2376;
const STEP_MS = 10_000;

/**
 * Checks that something speaks TLS at the Docker port: where this machine's accesses are, else at the default port of the
 * hub's host, which may be wrong. No certificate is sent, and none is verified: that needs an environment.
 */
export async function checkDockerPort(list: Checklist, session: Session, login: Login): Promise<void> {
  const known = (await session.accessRecords.of(login.url)).at(-1)?.host;
  const { host, port } = known
    ? parseDockerHost(known)
    : { host: new URL(login.url).hostname.replace(/^\[|\]$/g, ''), port: DEFAULT_PORT };
  const find = async () => {
    const { clock } = session.runtime;
    const socket = await dialTcp(host, port, { clock, signal: AbortSignal.timeout(STEP_MS) });
    try {
      await new Promise((resolve, reject) => {
        tls
          .connect({ socket, rejectUnauthorized: false })
          .once('error', reject)
          .once('secureConnect', resolve);
      });
    } finally {
      socket.destroy();
    }
    return { text: `${host}:${port} speaks TLS`, value: true };
  };
  const findOrFail = () =>
    find().catch((error: unknown) => {
      throw networkFailure(`the Docker port ${host}:${port}`, error);
    });
  if (known !== undefined) {
    await list.run('docker port', findOrFail);
    return;
  }
  try {
    const { text } = await find();
    await list.run('docker port', async () => ({ text, value: true }));
  } catch {
    list.skip(
      'docker port',
      `nothing at ${host}:${port}; the hub may have it elsewhere`,
      'fairlead doctor NAME asks the hub where it is',
    );
  }
}
