import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { dialTcp } from '../../protocol/network/dial-tcp.js';
import { urlAddress } from '../../protocol/network/url-address.js';
import type { Login } from '../config/logins.js';
import { tlsHandshake } from '../docker/tls-handshake.js';
import { Failure } from '../failure.js';
import type { HubClient } from '../hub/client.js';
import { networkFailure } from '../hub/network-failure.js';
import { withDeadline } from '../hub/with-deadline.js';
import type { Runtime } from '../runtime.js';
import type { Checklist } from './checklist.js';

const STEP_MS = 10_000;
/** Certificates and signatures tolerate less than this at no place. */
const MAX_SKEW_MS = 60_000;

/** Checks each step to the API: DNS, TCP, TLS, version, clock, token. Resolves with whether all is well. */
export async function checkHub(
  list: Checklist,
  runtime: Runtime,
  login: Login,
  hub: HubClient,
): Promise<boolean> {
  const { clock } = runtime;
  const url = new URL(login.url);
  const { origin } = url;
  const { host, port } = urlAddress(url);
  const reach = <T>(action: (signal: AbortSignal) => Promise<T>) =>
    withDeadline(runtime, STEP_MS, action).catch((error: unknown) => {
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
    reach(async (signal) => {
      const begunMs = clock.monotonic();
      const value = await dialTcp(host, port, { clock, signal });
      const ms = Math.round(clock.monotonic() - begunMs);
      return { text: `connected to ${value.remoteAddress} port ${port} in ${ms} ms`, value };
    }),
  );
  if (socket === undefined) return false;

  const isTrusted = await list.run('tls', () =>
    reach(async (signal) => {
      const session = await tlsHandshake(socket, { host, signal, ...(login.ca ? { ca: login.ca } : {}) });
      const certificate = new X509Certificate(session.getPeerCertificate().raw);
      const ends = new Date(certificate.validTo).toISOString().slice(0, 10);
      const trust = login.ca ? 'by the pinned CA' : 'by a public authority';
      return { text: `${session.getProtocol()}, certificate ${trust}, valid until ${ends}`, value: true };
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
