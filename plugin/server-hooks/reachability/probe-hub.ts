import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { urlAddress } from '../../../protocol/network/url-address.js';
import type { SelfTestCheck } from '../../api.js';
import { askHub } from './ask-hub.js';
import type { Challenge } from './challenges.js';
import { connectTcp, isLoopback, resolveHost, type Target } from './network.js';
import { runChecks } from './run-checks.js';
import { tlsHandshake } from './tls-handshake.js';

export interface ProbeHubOptions {
  /** PEM of authorities that agents trust by default. Undefined: those that Node trusts. */
  readonly knownAuthorities: readonly string[] | undefined;
  /** PEM of the CA of the host's certificate, if private. */
  readonly ownAuthority: string | undefined;
  readonly challenge: Challenge;
  readonly signal: AbortSignal;
}

type Judgement = null | `hub-certificate-${'untrusted' | 'name' | 'expired'}`;

/** Checks the path of a check-in: name, port, certificate, and whether this hub answers. */
export async function probeHub(apiUrl: string, options: ProbeHubOptions): Promise<SelfTestCheck[]> {
  const { knownAuthorities, ownAuthority, challenge, signal } = options;
  const base = new URL(apiUrl);
  const isSecure = base.protocol === 'https:';
  const target: Target = urlAddress(base);
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
  let current: Socket | null = null;
  try {
    return await runChecks(base.host, [
      {
        check: 'api-name',
        run: async () => {
          addresses = await resolveHost(target.host, signal);
          return isLoopback(addresses) ? 'hub-loopback' : null;
        },
      },
      {
        check: 'api-port',
        run: async () => {
          current = await connect();
          return null;
        },
      },
      {
        check: 'api-certificate',
        run: async () => {
          if (!isSecure) return 'cleartext';
          const socket = await secure(current ?? (await connect()), knownAuthorities);
          current = socket;
          const judged = judge(socket);
          if (judged !== 'hub-certificate-untrusted' || ownAuthority === undefined) return judged;
          // Agents that are given that CA still verify names and dates.
          return judge(await secure(await connect(), [ownAuthority])) ?? judged;
        },
      },
      {
        check: 'api-answer',
        run: async () => {
          await askHub(current ?? (await connect()), base, challenge, signal);
          return null;
        },
      },
    ]);
  } finally {
    for (const socket of open) socket.destroy();
  }
}

/** The result of Node's verification. Names are checked once the chain is trusted. */
function judge({ authorized, authorizationError }: TLSSocket): Judgement {
  if (authorized) return null;
  const code = String(authorizationError);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'hub-certificate-name';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'hub-certificate-expired';
  return 'hub-certificate-untrusted';
}
