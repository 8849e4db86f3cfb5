import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SelfTestHop } from '../../api.js';
import { askHub } from './ask-hub.js';
import type { Challenge } from './challenges.js';
import { connectTcp, isLoopback, resolveHost, type Target } from './network.js';
import { runChecks } from './run-checks.js';
import { tlsHandshake } from './tls-handshake.js';

export interface ProbeHubOptions {
  /** PEM of authorities that agents know by themselves. Undefined: those that Node knows. */
  readonly knownAuthorities: readonly string[] | undefined;
  /** PEM of the CA of the host's certificate, where that is one of its own. */
  readonly ownAuthority: string | undefined;
  readonly challenge: Challenge;
  readonly signal: AbortSignal;
}

type Judgement = null | `hub-certificate-${'untrusted' | 'name' | 'expired'}`;

/** The way of a check-in: name, port, certificate, and whether it is us who answer. */
export async function probeHub(apiUrl: string, options: ProbeHubOptions): Promise<SelfTestHop[]> {
  const { knownAuthorities, ownAuthority, challenge, signal } = options;
  const base = new URL(apiUrl);
  const isSecure = base.protocol === 'https:';
  const target: Target = {
    host: base.hostname.replace(/^\[|\]$/g, ''),
    port: Number(base.port || (isSecure ? 443 : 80)),
  };
  let addresses: readonly LookupAddress[] = [];
  const open: Socket[] = [];
  const connect = async () => {
    const socket = await connectTcp(target, addresses, signal);
    open.push(socket);
    return socket;
  };
  const secure = async (raw: Socket, authorities: readonly string[] | undefined) => {
    const ca = authorities && { ca: [...authorities] };
    const socket = await tlsHandshake(
      raw,
      target,
      { ...ca, ALPNProtocols: ['http/1.1'] },
      'hub-not-tls',
      signal,
    );
    open.push(socket);
    return socket;
  };
  let way: Socket | null = null;
  try {
    return await runChecks(base.host, [
      {
        hop: 'api-name',
        look: async () => {
          addresses = await resolveHost(target.host, signal);
          return isLoopback(addresses) ? 'hub-loopback' : null;
        },
      },
      {
        hop: 'api-port',
        look: async () => {
          way = await connect();
          return null;
        },
      },
      {
        hop: 'api-certificate',
        look: async () => {
          if (!isSecure) return 'cleartext';
          const socket = await secure(way ?? (await connect()), knownAuthorities);
          way = socket;
          const judged = judge(socket);
          if (judged !== 'hub-certificate-untrusted' || ownAuthority === undefined) return judged;
          // Whoever is given that CA still minds names and dates.
          return judge(await secure(await connect(), [ownAuthority])) ?? judged;
        },
      },
      {
        hop: 'api-answer',
        look: async () => {
          await askHub(way ?? (await connect()), base, challenge, signal);
          return null;
        },
      },
    ]);
  } finally {
    for (const socket of open) socket.destroy();
  }
}

/** What Node's verification came to. Names are looked at once the chain is trusted. */
function judge({ authorized, authorizationError }: TLSSocket): Judgement {
  if (authorized) return null;
  const code = String(authorizationError);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'hub-certificate-name';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'hub-certificate-expired';
  return 'hub-certificate-untrusted';
}
