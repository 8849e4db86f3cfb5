import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { dialTcp } from '../../protocol/network/dial-tcp.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { Login } from '../config/logins.js';
import { EXIT, Failure } from '../failure.js';
import type { HubClient } from '../hub/client.js';
import { networkFailure } from '../hub/network-failure.js';
import type { Checklist } from './checklist.js';

const STEP_MS = 10_000;
/** Certificates and signatures tolerate less than this at no place. */
const MAX_SKEW_MS = 60_000;

/** Checks each step to the API: DNS, TCP, TLS, version, clock, token. Resolves with whether all is well. */
export async function checkHub(
  list: Checklist,
  clock: Clock,
  login: Login,
  hub: HubClient,
): Promise<boolean> {
  const { hostname, port: given, origin } = new URL(login.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(given || 443);
  const reach = <T>(action: () => Promise<T>) =>
    action().catch((error: unknown) => {
      throw networkFailure(origin, error);
    });

  const addresses = await list.run('dns', () =>
    reach(async () => {
      const found = (await lookup(host, { all: true })).map(({ address }) => address);
      return { text: isIP(host) ? `${host} is an address` : `${host} is ${found.join(', ')}`, value: found };
    }),
  );
  if (addresses === undefined) return false;

  const socket = await list.run('tcp', () =>
    reach(async () => {
      const begunMs = clock.monotonic();
      const value = await dialTcp(host, port, { clock, signal: AbortSignal.timeout(STEP_MS) });
      const ms = Math.round(clock.monotonic() - begunMs);
      return { text: `connected to ${value.remoteAddress} port ${port} in ${ms} ms`, value };
    }),
  );
  if (socket === undefined) return false;

  const isTrusted = await list.run('tls', () =>
    reach(async () => {
      const options = { host, ...(isIP(host) ? {} : { servername: host }), minVersion: 'TLSv1.2' as const };
      return {
        text: await handshake({ ...options, socket, ...(login.ca ? { ca: login.ca } : {}) }),
        value: true,
      };
    }),
  );
  socket.destroy();
  if (!isTrusted) return false;

  const hubTime = await list.run('api', async () => {
    const { body, hubTime: value } = await hub.call<{ info?: { version?: string } }>(
      'GET',
      '/api/openapi.json',
    );
    if (typeof body?.info?.version !== 'string')
      throw new Failure(`There is no Fairlead API at ${login.url}`, {
        nextStep: 'Log in with the path at which the dashboard has the plugin',
      });
    return { text: `Fairlead ${body.info.version}`, value: value ?? clock.now() };
  });
  if (hubTime === undefined) return false;

  await list.run('clock', async () => {
    const skewMs = Math.abs(hubTime - clock.now());
    const seconds = Math.round(skewMs / 1_000);
    if (skewMs < MAX_SKEW_MS) return { text: 'agrees with that of the hub', value: true };
    throw new Failure(`differs from that of the hub by ${seconds} s`, {
      nextStep: 'Synchronize the clocks of both machines: certificates depend on them',
    });
  });

  const isValid = await list.run('token', async () => {
    const { body } = await hub.call<{ total: number }>('GET', '/api/environments?limit=1');
    return { text: `valid for ${body.total} environment${body.total === 1 ? '' : 's'}`, value: true };
  });
  return isValid === true;
}

/** Resolves with a description of the session. */
function handshake(options: tls.ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    socket.setTimeout(STEP_MS, () =>
      socket.destroy(new Failure('The TLS handshake takes too long', { exitCode: EXIT.unreachable })),
    );
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const certificate = new X509Certificate(socket.getPeerCertificate().raw);
      const ends = new Date(certificate.validTo).toISOString().slice(0, 10);
      const trust = options.ca === undefined ? 'by a public authority' : 'by the pinned CA';
      resolve(`${socket.getProtocol()}, certificate ${trust}, valid until ${ends}`);
    });
  });
}
