import type { X509Certificate } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { splitHostPort } from '../../../protocol/crypto/edge-key.js';
import { fingerprintOf } from '../../../protocol/crypto/fingerprint.js';
import { problem } from '../../../protocol/problems.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import type { SelfTestCheck } from '../../api.js';
import { connectTcp, isLoopback, resolveHost } from './network.js';
import { runChecks } from './run-checks.js';
import { tlsHandshake } from './tls-handshake.js';

/** Checks the path of a tunnel as agents use it: name, port, and the key in Edge keys. */
export async function probeTunnel(
  tunnelAddress: string,
  fingerprint: string,
  signal: AbortSignal,
): Promise<SelfTestCheck[]> {
  const target = splitHostPort(tunnelAddress);
  let addresses: readonly LookupAddress[] = [];
  let current: Socket | null = null;
  try {
    return await runChecks(tunnelAddress, [
      {
        check: 'tunnel-name',
        run: async () => {
          addresses = await resolveHost(target.host, signal);
          return isLoopback(addresses) ? 'hub-loopback' : null;
        },
      },
      {
        check: 'tunnel-port',
        run: async () => {
          current = await connectTcp(target, addresses, signal);
          return null;
        },
      },
      {
        check: 'tunnel-key',
        run: async () => {
          const raw = current ?? (await connectTcp(target, addresses, signal));
          const options = { ALPNProtocols: [TUNNEL_ALPN], minVersion: 'TLSv1.3' } as const;
          const socket = await tlsHandshake(raw, target, options, 'tunnel-handshake', signal);
          current = socket;
          if (fingerprintIn(socket.getPeerX509Certificate()) !== fingerprint) {
            throw problem('tunnel-fingerprint-mismatch');
          }
          if (socket.alpnProtocol !== TUNNEL_ALPN) throw problem('tunnel-protocol');
          return null;
        },
      },
    ]);
  } finally {
    // TypeScript does not know that the steps above have run.
    (current as Socket | null)?.destroy();
  }
}

function fingerprintIn(certificate: X509Certificate | undefined): string | null {
  try {
    return certificate ? fingerprintOf(certificate.publicKey) : null;
  } catch {
    // An unsupported key type.
    return null;
  }
}
