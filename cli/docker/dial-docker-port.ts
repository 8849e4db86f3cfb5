import { isIP } from 'node:net';
import tls from 'node:tls';
import { dialTcp } from '../../protocol/network/dial-tcp.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { DockerAccess } from '../hub/docker-access.js';

export interface DialOptions {
  readonly clock: Clock;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** Host and port of a `DOCKER_HOST`; IPv6 without brackets. */
export function parseDockerHost(host: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(host.replace(/^tcp:/, 'https:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

/** Connects to the Docker port with the certificate of an access. Both directions can end separately. */
export async function dialDockerPort(
  access: Pick<DockerAccess, 'host' | 'ca' | 'certificate' | 'key'>,
  { clock, signal }: DialOptions,
): Promise<tls.TLSSocket> {
  const { host, port } = parseDockerHost(access.host);
  // A TLS socket inherits `allowHalfOpen` from the socket it wraps.
  const tcp = await dialTcp(host, port, { clock, signal, allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: tcp,
      ca: access.ca,
      cert: access.certificate,
      key: access.key,
      host,
      ...(isIP(host) ? {} : { servername: host }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    const stop = () => socket.destroy(signal.reason);
    const settle = () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      settle();
      resolve(socket);
    });
  });
}
