import { ADDRCONFIG, type LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { dialTcp } from '../../../protocol/network/dial-tcp.js';
import { codeOf, Problem, problem } from '../../../protocol/problems.js';
import { systemClock } from '../../../protocol/time/clock.js';

/** An endpoint; IPv6 without brackets. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Never an agent's path to a hub: these reach only their own machine, such as cloud metadata services. */
const NEVER = new net.BlockList();
NEVER.addSubnet('0.0.0.0', 8);
NEVER.addSubnet('169.254.0.0', 16);
NEVER.addSubnet('224.0.0.0', 3);
NEVER.addAddress('::', 'ipv6');
NEVER.addSubnet('fe80::', 10, 'ipv6');
NEVER.addSubnet('ff00::', 8, 'ipv6');
NEVER.addAddress('fd00:ec2::254', 'ipv6');

const LOOPBACK = new net.BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Resolves a host. Connections use these addresses, so a name that resolves differently a moment later changes
 * nothing.
 * @throws Problem `hub-dns`, `address-not-tested`, `hub-unreachable` when `signal` aborts
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  const found = await withSignal(
    signal,
    lookup(host, { all: true, order: 'verbatim', hints: ADDRCONFIG }),
  ).catch((cause: unknown) => {
    if (cause instanceof Problem) throw cause;
    throw problem('hub-dns', { cause });
  });
  if (found.some((address) => isIn(NEVER, address))) {
    throw problem('address-not-tested');
  }
  return found;
}

/** Whether all of them are loopback addresses. */
export function isLoopback(addresses: readonly LookupAddress[]): boolean {
  return addresses.every((address) => isIn(LOOPBACK, address));
}

function isIn(list: net.BlockList, { address, family }: LookupAddress): boolean {
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Connects to one of the addresses. @throws Problem `hub-refused`, `hub-unreachable` */
export async function connectTcp(
  { host, port }: Target,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<net.Socket> {
  try {
    return await withSignal(signal, dialTcp(host, port, { clock: systemClock, signal, addresses }));
  } catch (error) {
    if (error instanceof Problem) throw error;
    const code = codeOf(error) === 'ECONNREFUSED' ? 'hub-refused' : 'hub-unreachable';
    throw problem(code, { cause: error });
  }
}

/** The result of `work`, unless `signal` aborts first. @throws Problem `hub-unreachable` */
export function withSignal<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(problem('hub-unreachable'));
    if (signal.aborted) late();
    signal.addEventListener('abort', late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
  });
}
