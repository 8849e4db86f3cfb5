import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem.js';

/** How many wrong passwords are let through to the (costly) comparison, and how many comparisons run at once. */
export interface LoginLimits {
  /** Attempts from one address in `perAddressSeconds`. A right password clears the count. */
  readonly perAddress: number;
  readonly perAddressSeconds: number;
  /** Wrong attempts from everywhere in a minute. Short, so that a flood does not lock the admin out for long. */
  readonly perMinute: number;
  /** Password comparisons at once; each holds 64 MiB and a thread. */
  readonly atOnce: number;
  /** Comparisons that may wait for their turn. */
  readonly waiting: number;
}

export const defaultLoginLimits: LoginLimits = {
  perAddress: 10,
  perAddressSeconds: 300,
  perMinute: 60,
  atOnce: 2,
  waiting: 16,
};

const EVERYWHERE = 'everywhere';

/** Stands between callers and the password comparison. */
export class LoginGuard {
  readonly #limits: LoginLimits;
  readonly #byAddress: RateLimiterMemory;
  readonly #overall: RateLimiterMemory;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: LoginLimits = defaultLoginLimits) {
    this.#limits = limits;
    this.#byAddress = new RateLimiterMemory({
      points: limits.perAddress,
      duration: limits.perAddressSeconds,
    });
    this.#overall = new RateLimiterMemory({ points: limits.perMinute, duration: 60 });
  }

  /**
   * Runs `verify` when this caller may try. The attempt is counted before it runs, so that many at once gain nothing.
   * @throws {Problem} `rate-limited` (429) with `Retry-After`
   */
  async attempt(address: string, verify: () => Promise<boolean>): Promise<boolean> {
    const network = networkOf(address);
    await this.#byAddress.consume(network).catch(refuse);
    await this.#overall.consume(EVERYWHERE).catch(refuse);
    await this.#enter();
    try {
      const right = await verify();
      if (right) {
        await this.#byAddress.delete(network);
        await this.#overall.reward(EVERYWHERE);
      }
      return right;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#limits.atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#limits.waiting) throw tooMany(1);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

/** IPv6 callers own a /64 each, and would otherwise have 2^64 tries. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head.split(':').filter(Boolean);
  const after = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
}

function refuse(reason: unknown): never {
  if (reason instanceof RateLimiterRes) throw tooMany(Math.ceil(reason.msBeforeNext / 1000));
  throw reason;
}

function tooMany(retryAfterSeconds: number): Problem {
  const options = { retryAfterSeconds: Math.max(1, retryAfterSeconds) };
  return new Problem(429, 'rate-limited', 'too many sign-in attempts; try again later', options);
}
