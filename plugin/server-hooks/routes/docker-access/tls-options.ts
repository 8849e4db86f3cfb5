import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import type { DockerAuthority } from '../../docker-access/authority.js';

/** Deadline of a TLS handshake, and of a client's first bytes, ms. */
export const HANDSHAKE_MS = 10_000;

/** Forward secrecy and authenticated encryption only (RFC 9325 section 4.2). */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
].join(':');

/** The secure context of the Docker port. Its certificate is ECDSA. */
export function tlsOptions({ ca, server }: Pick<DockerAuthority, 'ca' | 'server'>) {
  return {
    ca,
    cert: server.cert,
    key: server.key,
    ciphers: CIPHERS,
    minVersion: 'TLSv1.2',
    // Each connection proves its key: a resumed session would keep an expired certificate alive.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  } as const satisfies TlsOptions;
}
