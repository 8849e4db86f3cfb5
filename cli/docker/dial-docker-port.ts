import type { TLSSocket } from 'node:tls';
import { dialTcp } from '../../protocol/network/dial-tcp.js';
import { TCP_KEEP_ALIVE_MS } from '../../protocol/network/tcp-keep-alive.js';
import { type UrlAddress, urlAddress } from '../../protocol/network/url-address.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { DockerAccess } from '../hub/docker-access.js';
import { tlsHandshake } from './tls-handshake.js';

export interface DialOptions {
  readonly clock: Clock;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** Host and port of a `DOCKER_HOST`; IPv6 without brackets. */
export function parseDockerHost(host: string): UrlAddress {
  return urlAddress(new URL(host.replace(/^tcp:/, 'https:')));
}

/** Connects to the Docker port with the certificate of an access. Both directions can end separately. */
export async function dialDockerPort(
  { host: dockerHost, ca, certificate: cert, key }: Pick<DockerAccess, 'host' | 'ca' | 'certificate' | 'key'>,
  { clock, signal }: DialOptions,
): Promise<TLSSocket> {
  const { host, port } = parseDockerHost(dockerHost);
  // A TLS socket inherits `allowHalfOpen` from the socket it wraps.
  const tcp = await dialTcp(host, port, { clock, signal, allowHalfOpen: true });
  // A console without output must survive the NATs on the way, and notice a hub that is gone.
  tcp.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  return tlsHandshake(tcp, { host, ca, cert, key, ALPNProtocols: ['http/1.1'], signal });
}
