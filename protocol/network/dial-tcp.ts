import { ADDRCONFIG, type LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { codeOf } from '../problems/problem.js';
import type { Clock } from '../time/clock.js';

export interface DialOptions {
  readonly clock: Clock;
  /** Ends the attempt, DNS lookup included; its reason is the error. */
  readonly signal: AbortSignal;
  /** Default false. */
  readonly allowHalfOpen?: boolean;
  /** Addresses resolved before: nothing else is dialled. */
  readonly addresses?: readonly LookupAddress[];
}

/** How long an address is tried before the next one joins it, ms (RFC 8305 section 5). */
const HEAD_START_MS = 250;
const MAX_ADDRESSES = 8;
/** Errors of addresses without a route from this machine: another address's error is more useful. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Connects to the first address of a host that accepts, families in turn (RFC 8305). Node's own
 * `autoSelectFamily` gives up an address after 250 ms for good, which fails on links with a longer round trip;
 * here a slow address stays in the race until another one wins.
 * @param host name or address, IPv6 without brackets
 * @throws Node's errors of lookup and connect, or the signal's reason
 */
export async function dialTcp(host: string, port: number, options: DialOptions): Promise<net.Socket> {
  const { signal, addresses } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    // Addresses found after the deadline are not dialled: `race` checks the signal first.
    const found = addresses ?? lookup(host, { all: true, order: 'verbatim', hints: ADDRCONFIG });
    Promise.resolve(found)
      .then((all) => race(alternate(all).slice(0, MAX_ADDRESSES), port, options))
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function race(
  addresses: LookupAddress[],
  port: number,
  { clock, signal, allowHalfOpen = false }: DialOptions,
): Promise<net.Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const dialling = new Set<net.Socket>();
    const errors: unknown[] = [];
    let cancelNext: () => void = () => undefined;
    const settle = () => {
      cancelNext();
      signal.removeEventListener('abort', abort);
      for (const socket of dialling) socket.destroy();
      dialling.clear();
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const abort = () => fail(signal.reason);
    const next = () => {
      cancelNext();
      const target = waiting.shift();
      if (!target) {
        if (dialling.size === 0) fail(errors.find((error) => !NO_ROUTE.has(codeOf(error))) ?? errors[0]);
        return;
      }
      const socket = net.connect({ host: target.address, port, allowHalfOpen, noDelay: true });
      dialling.add(socket);
      const failed = (error: unknown) => {
        if (!dialling.delete(socket)) return;
        errors.push(error);
        next();
      };
      socket.on('error', failed);
      socket.once('connect', () => {
        dialling.delete(socket);
        settle();
        socket.off('error', failed);
        resolve(socket);
      });
      cancelNext = waiting.length > 0 ? clock.after(HEAD_START_MS, next) : () => undefined;
    };
    signal.addEventListener('abort', abort, { once: true });
    next();
  });
}

/** The resolver's order, with families in turn: a broken one delays the other by one head start only. */
function alternate(all: readonly LookupAddress[]): LookupAddress[] {
  const first = all.filter(({ family }) => family === all[0]?.family);
  const other = all.filter(({ family }) => family !== all[0]?.family);
  return first
    .flatMap((address, index) => [address, other[index]])
    .concat(other.slice(first.length))
    .filter((address) => address !== undefined);
}
