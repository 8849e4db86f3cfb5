import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TunnelPath } from '../../../../protocol/tunnel/tunnel-path.js';

/** An agent's connection to the hub. */
export interface Transport {
  /** Carries HTTP/2. */
  readonly socket: Duplex & Pick<Socket, 'bytesRead' | 'bytesWritten'>;
  /** The connection below TLS: any byte on it is a sign of life. */
  readonly wire: { readonly bytesRead: number };
  readonly path: TunnelPath;
}

/** A connection on which the hub has authenticated itself, and the agent has not. */
export interface IncomingTransport extends Transport {
  /** Owns the descriptor: destroying it ends the connection, whatever the state above. */
  readonly wire: Transport['wire'] & Duplex & { setKeepAlive(isOn: boolean, delayMs: number): unknown };
  readonly address: string | undefined;
  /** Ends the bounds of a half-open connection; it is a tunnel now. */
  readonly release: () => void;
}
