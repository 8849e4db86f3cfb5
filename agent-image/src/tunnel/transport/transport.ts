import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type { TunnelPath } from '../../../../protocol/tunnel/tunnel-path.js';

/** A connection to the hub on which the agent has authenticated the hub. */
export interface Transport {
  /** Carries HTTP/2; nothing has been written to it since its own handshake. */
  readonly socket: Duplex & Pick<net.Socket, 'bytesRead' | 'bytesWritten' | 'destroySoon'>;
  /** The connection below TLS: any byte on it is a sign of life. */
  readonly wire: { readonly bytesRead: number; setKeepAlive(isOn: boolean, delayMs: number): unknown };
  readonly path: TunnelPath;
}
