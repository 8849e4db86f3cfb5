import type { X509Certificate } from 'node:crypto';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { fingerprintOf } from '../../../../protocol/crypto/fingerprint.js';
import { problem } from '../../../../protocol/problems/agent.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';

export interface TlsOptions {
  /** The pinned fingerprint of the Edge key. */
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Of the tunnel, or of a bulk connection. */
  readonly alpn: string;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal;
}

/**
 * Performs TLS on a connection and verifies that its other end is the hub named by the Edge key: TLS 1.3, our ALPN, and
 * the pinned key. Names and dates of certificates do not matter: the pin is on the key. Destroys the connection on failure.
 * @param host for SNI
 * @throws Problem `tunnel-fingerprint-mismatch`, `tunnel-protocol`, `tunnel-handshake`, `tunnel-lost`
 */
export async function secureTunnel(
  wire: Duplex,
  host: string,
  { fingerprint, clock, alpn, signal }: TlsOptions,
): Promise<TLSSocket> {
  const socket = tls.connect({
    socket: wire,
    ...(net.isIP(host) ? {} : { servername: host }),
    ALPNProtocols: [alpn],
    minVersion: 'TLSv1.3',
    // The pin below is the check. checkServerIdentity is not called for self-signed certificates.
    rejectUnauthorized: false,
  });
  try {
    await secured(socket, clock, signal);
    if (socket.destroyed) throw problem('tunnel-lost', { detail: 'The hub closed the connection' });
    verify(socket, fingerprint, alpn);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.destroy();
    wire.destroy();
    throw error;
  }
}

function secured(socket: TLSSocket, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      cancel();
      signal?.removeEventListener('abort', abort);
    };
    const fail = (cause?: unknown) => {
      settle();
      reject(problem('tunnel-handshake', { cause }));
    };
    const abort = () => fail(signal?.reason);
    const cancel = clock.after(TUNNEL.handshakeMs, () => fail());
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    socket.on('error', fail);
    socket.once('close', () => fail());
    socket.once('secureConnect', () => {
      settle();
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
