import type { X509Certificate } from 'node:crypto';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { splitHostPort } from '../../../../protocol/crypto/edge-key.js';
import { fingerprintOf } from '../../../../protocol/crypto/fingerprint.js';
import { problem } from '../../../../protocol/problems/agent.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';

/** A connection to the hub on which the agent has authenticated the hub. */
export interface Transport {
  /** Carries HTTP/2; nothing has been written to it since its own handshake. */
  readonly socket: Duplex & Pick<net.Socket, 'bytesRead' | 'bytesWritten' | 'destroySoon'>;
  /** The connection below TLS: any byte on it is a sign of life. */
  readonly wire: Pick<net.Socket, 'bytesRead' | 'setKeepAlive'>;
}

export interface TlsOptions {
  /** `host:port`. */
  readonly tunnelAddress: string;
  /** The pinned fingerprint of the Edge key. */
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Of the tunnel, or of a bulk connection. */
  readonly alpn: string;
  readonly connectTcp: (host: string, port: number, options: { timeoutMs: number }) => Promise<net.Socket>;
}

/**
 * Dials the hub's tunnel port and verifies that it is the hub named by the Edge key: TLS 1.3, our ALPN,
 * and the pinned key. Names and dates of certificates do not matter: the pin is on the key.
 * @throws Problem `tunnel-fingerprint-mismatch`, `tunnel-protocol`, `tunnel-handshake`, `tunnel-lost`, or
 *   what `connectTcp` throws
 */
export async function dialTls(options: TlsOptions): Promise<Transport> {
  const { tunnelAddress, fingerprint, clock, alpn } = options;
  const { host, port } = splitHostPort(tunnelAddress);
  const raw = await options.connectTcp(host, port, { timeoutMs: TUNNEL.handshakeMs });
  const socket = tls.connect({
    socket: raw,
    ...(net.isIP(host) ? {} : { servername: host }),
    ALPNProtocols: [alpn],
    minVersion: 'TLSv1.3',
    // The pin below is the check. checkServerIdentity is not called for self-signed certificates.
    rejectUnauthorized: false,
  });
  try {
    await secured(socket, clock);
    if (socket.destroyed) throw problem('tunnel-lost', { detail: 'The tunnel port closed the connection' });
    verify(socket, fingerprint, alpn);
    socket.setNoDelay(true);
    return { socket, wire: raw };
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw error;
  }
}

function secured(socket: TLSSocket, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(TUNNEL.handshakeMs, () => fail());
    const fail = (cause?: unknown) => {
      cancel();
      reject(problem('tunnel-handshake', { cause }));
    };
    socket.on('error', fail);
    socket.once('close', () => fail());
    socket.once('secureConnect', () => {
      cancel();
      resolve();
    });
  });
}

function verify(socket: TLSSocket, expected: string, alpn: string): void {
  const certificate = socket.getPeerX509Certificate();
  const actual = certificate ? fingerprintIn(certificate) : null;
  if (actual !== expected) {
    throw problem('tunnel-fingerprint-mismatch');
  }
  if (socket.alpnProtocol !== alpn) {
    throw problem('tunnel-protocol');
  }
}

function fingerprintIn(certificate: X509Certificate): string | null {
  try {
    return fingerprintOf(certificate.publicKey);
  } catch {
    return null;
  }
}
