import net from 'node:net';
import tls from 'node:tls';
import { dialTcp } from '../../../protocol/network/dial-tcp.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { untilEvent } from '../../../protocol/time/until-event.js';
import { keepReading } from '../../../protocol/tunnel/keep-reading.js';
import type { EngineAddress, EngineTls } from '../config/engine-address.js';

/**
 * Opens a byte pipe to the engine. Half-open sockets are allowed, because `docker exec -i` ends its input
 * long before the output ends. Never uses a proxy.
 * @param signal aborts the dial, TLS handshake included
 * @throws the system's errors, or the signal's reason
 */
export async function dialEngine(
  address: EngineAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<net.Socket> {
  return keepReading(await connect(address, clock, signal));
}

async function connect(address: EngineAddress, clock: Clock, signal: AbortSignal): Promise<net.Socket> {
  if (address.kind === 'unix') {
    return untilEvent(net.connect({ path: address.path, allowHalfOpen: true }), 'connect', signal);
  }
  const { host, port, tls: options } = address;
  // Before the dial: half-renewed files may not match, and must not leak a socket.
  const secure = options && secured(host, options());
  const socket = await dialTcp(host, port, { clock, signal, allowHalfOpen: true });
  return secure === null ? socket : untilEvent(tls.connect({ ...secure, socket }), 'secureConnect', signal);
}

/** A TLS socket inherits `allowHalfOpen` from the socket it wraps. @throws Error if certificate and key do not match */
function secured(host: string, { ca, cert, key }: EngineTls): tls.ConnectionOptions {
  return {
    host,
    servername: net.isIP(host) ? '' : host,
    rejectUnauthorized: ca !== null,
    secureContext: tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === null ? {} : { ca }),
      ...(cert === null || key === null ? {} : { cert, key }),
    }),
  };
}
