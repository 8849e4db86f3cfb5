import type net from 'node:net';
import { splitHostPort } from '../../../../protocol/crypto/edge-key.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { secureTunnel, type TlsOptions } from './tls.js';
import type { Transport } from './transport.js';

export interface PortOptions extends TlsOptions {
  /** `host:port`. */
  readonly tunnelAddress: string;
  readonly connectTcp: (
    host: string,
    port: number,
    options: { timeoutMs: number; signal?: AbortSignal },
  ) => Promise<net.Socket>;
}

/**
 * Dials the hub's tunnel port.
 * @throws Problem what `secureTunnel` or `connectTcp` throws
 */
export async function dialPort({ tunnelAddress, connectTcp, ...options }: PortOptions): Promise<Transport> {
  const { host, port } = splitHostPort(tunnelAddress);
  const { signal } = options;
  const wire = await connectTcp(host, port, { timeoutMs: TUNNEL.handshakeMs, ...(signal && { signal }) });
  return { socket: await secureTunnel(wire, host, options), wire, path: 'tunnel-port' };
}
