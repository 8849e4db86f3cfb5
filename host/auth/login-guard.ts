import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../../protocol/network/network-of.js';
import { type Problem, problem } from '../../protocol/problems.js';
import { type Clock, systemClock } from '../../protocol/time/clock.js';
import { WaitingRoom } from './waiting-room.js';

/** Limits on the (costly) password comparisons. */
export interface LoginLimits {
  /** Attempts from one address in `perAddressSeconds`. A correct password resets the count. */
  readonly perAddress: number;
  readonly perAddressSeconds: number;
  /** Wrong attempts in a minute from all unknown callers; more have to wait. */
  readonly perMinute: number;
  /** Concurrent password comparisons; each uses 64 MiB and a thread. */
  readonly concurrent: number;
  /** Waiting comparisons, for known and for unknown callers each. */
  readonly waiting: number;
}

export const defaultLoginLimits: LoginLimits = {
  perAddress: 10,
  perAddressSeconds: 300,
  perMinute: 60,
  concurrent: 2,
  waiting: 16,
};

/** Networks remembered after a sign-in. */
const MAX_KNOWN = 1_000;

/**
 * Guards the password comparison. Devices and networks that signed in before have their own limits, so that wrong
 * passwords of others cannot lock them out.
 */
export class LoginGuard {
  readonly #byCaller: RateLimiterMemory;
  readonly #room: WaitingRoom;
  readonly #knownNetworks = new Set<string>();

  constructor(limits: LoginLimits = defaultLoginLimits, clock: Clock = systemClock) {
    this.#byCaller = new RateLimiterMemory({
      points: limits.perAddress,
      duration: limits.perAddressSeconds,
    });
    this.#room = new WaitingRoom(limits, clock);
  }

  /**
   * Runs `verify` if this caller may try. The attempt is counted before it runs, so that concurrent ones gain nothing;
   * a refused one does not count.
   * @param device id of a device that signed in before, if its proof is valid
   * @throws {Problem} `rate-limited` (429) with `Retry-After`
   */
  async attempt(
    address: string,
    verify: () => Promise<boolean>,
    device: string | null = null,
  ): Promise<boolean> {
    const network = networkOf(address);
    const caller = device === null ? network : `device ${device}`;
    await this.#byCaller.consume(caller).catch(refuse);
    const isKnown = device !== null || this.#knownNetworks.has(network);
    const place = await this.#room.enter(network, isKnown);
    if (!place.isAdmitted) {
      await this.#byCaller.reward(caller);
      throw tooMany(place.retryAfterSeconds);
    }
    let right = false;
    try {
      right = await verify();
    } finally {
      this.#room.leave(right && !isKnown);
    }
    if (right) {
      await this.#byCaller.delete(caller);
      this.#remember(network);
    }
    return right;
  }

  #remember(network: string): void {
    this.#knownNetworks.delete(network);
    this.#knownNetworks.add(network);
    const [oldest] = this.#knownNetworks;
    if (this.#knownNetworks.size > MAX_KNOWN && oldest !== undefined) this.#knownNetworks.delete(oldest);
  }
}

function refuse(reason: unknown): never {
  if (reason instanceof RateLimiterRes) throw tooMany(Math.ceil(reason.msBeforeNext / 1000));
  throw reason;
}

function tooMany(retryAfterSeconds: number): Problem {
  return problem('rate-limited', { retryAfterSeconds: Math.max(1, retryAfterSeconds) });
}
