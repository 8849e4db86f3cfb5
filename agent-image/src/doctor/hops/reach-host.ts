import { ADDRCONFIG, type LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { dialTcp } from '../../../../protocol/network/dial-tcp.js';
import { problem } from '../../../../protocol/problems/agent.js';
import type { DoctorProblemCode } from '../../../../protocol/problems/doctor.js';
import { codeOf } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { untilEvent } from '../../../../protocol/time/until-event.js';
import type { Chain, Finding } from '../chain.js';

const DNS_MS = 5_000;
const CONNECT_MS = 5_000;
const MAX_ADDRESSES = 8;

/** What accepts the agent's TCP connections: the hub, or the proxy in front of it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** `The hub` or `The proxy`. */
  readonly name: string;
}

/** Checks `dns`, `addresses` and `tcp`. */
export async function reachHost(chain: Chain, place: Place, clock: Clock): Promise<void> {
  const addresses = await chain.run('dns', DNS_MS, () => resolveName(place));
  if (!addresses) {
    chain.skip('addresses', 'Not checked: the name does not resolve');
    chain.skip('tcp', 'Not checked: the name does not resolve');
    return;
  }
  // The deadline of single connections is earlier, so that all of them are reported.
  await chain.run('addresses', CONNECT_MS + 1_000, () => tryEach(addresses, place, clock));
  if (!chain.passed('addresses')) {
    chain.skip('tcp', 'Not checked: no address accepts connections');
    return;
  }
  await chain.run('tcp', CONNECT_MS, async (signal) => {
    const startedMs = clock.monotonic();
    const socket = await dialTcp(place.host, place.port, { clock, signal, addresses });
    const { remoteAddress, remotePort } = socket;
    socket.destroy();
    const ms = Math.round(clock.monotonic() - startedMs);
    return { value: true, text: `Connected to ${remoteAddress}, port ${remotePort}, in ${ms} ms` };
  });
}

async function resolveName({ host, name }: Place): Promise<Finding<readonly LookupAddress[]>> {
  const value = await lookup(host, { all: true, order: 'verbatim', hints: ADDRCONFIG });
  if (net.isIP(host)) return { value, text: `${name} is given as an address, ${host}` };
  return { value, text: `${host} is ${value.map(describe).join(', ')}` };
}

function describe({ address, family }: LookupAddress): string {
  return `${address} (IPv${family})`;
}

async function tryEach(
  all: readonly LookupAddress[],
  { port }: Place,
  clock: Clock,
): Promise<Finding<boolean>> {
  const tried = await Promise.all(all.slice(0, MAX_ADDRESSES).map((one) => tryOne(one, port, clock)));
  const text = tried.map(({ text }) => text).join('; ');
  const failed = tried.filter(({ code }) => code !== null);
  if (failed.length === 0) return { value: true, text };
  if (failed.length < tried.length) {
    const code = 'hub-address-unreachable' satisfies DoctorProblemCode;
    return { value: true, result: 'warn', text, code };
  }
  const isRefused = failed.every(({ code }) => code === 'ECONNREFUSED');
  throw problem(isRefused ? 'hub-refused' : 'hub-unreachable', { detail: text });
}

async function tryOne(address: LookupAddress, port: number, clock: Clock) {
  const startedMs = clock.monotonic();
  const late = new AbortController();
  const cancel = clock.after(CONNECT_MS, () => late.abort(new DOMException('', 'TimeoutError')));
  const where = `${describe(address)} port ${port}`;
  try {
    const socket = net.connect({ host: address.address, port });
    (await untilEvent(socket, 'connect', late.signal)).destroy();
    return { code: null, text: `${where} accepts in ${Math.round(clock.monotonic() - startedMs)} ms` };
  } catch (error) {
    const code = late.signal.aborted ? 'ETIMEDOUT' : codeOf(error);
    return { code, text: `${where} ${CAUSES[code] ?? `fails (${code})`}` };
  } finally {
    cancel();
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses: nothing listens there, or a firewall rejects',
  ETIMEDOUT: 'does not answer: packets are dropped on the way',
  EHOSTUNREACH: 'is unreachable: a router or the last link reports no such host',
  ENETUNREACH: 'is unreachable: this machine has no route to that network',
  EADDRNOTAVAIL: 'is unreachable: this machine has no address of that family',
  ECONNRESET: 'resets the connection',
};
