import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { SelfTestCheck } from '../../api.js';
import type { Environment } from '../model/environment.js';
import { Challenges } from './challenges.js';
import { probeHub } from './probe-hub.js';
import { probeTunnel } from './probe-tunnel.js';

export interface SelfTestOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  /** Pinned by Edge keys; see `protocol/crypto/fingerprint.ts`. */
  readonly fingerprint: string;
  /** PEM of the CA of the host's certificate, if private. */
  readonly ownAuthority?: string | undefined;
  /** PEM of authorities that agents trust by default. Default: those that Node trusts. */
  readonly knownAuthorities?: readonly string[];
}

/** Deadline for all checks together, ms. */
const DEADLINE_MS = 10_000;
/** Runs per minute: enough to correct an address, too few to scan a network. */
const MAX_RUNS = 10;
const MINUTE_MS = 60_000;

/**
 * Checks the agents' paths from the hub's own machine. It connects to addresses that its caller chooses, so it reports
 * only known codes and never any received data, ends within 10 s, and runs at most ten times a minute.
 */
export class SelfTest {
  readonly #options: SelfTestOptions;
  readonly #challenges: Challenges;
  #runs: readonly number[] = [];

  constructor(options: SelfTestOptions) {
    this.#options = options;
    this.#challenges = new Challenges(options.randomBytes);
  }

  /** The answer to the self-test's own call; undefined for any other. */
  answer(question: string): string | undefined {
    return this.#challenges.answer(question);
  }

  /**
   * @param caller also aborts it
   * @throws Problem `too-many-self-tests` (429)
   */
  async run(
    { apiUrl, tunnelAddress }: Pick<Environment, 'apiUrl' | 'tunnelAddress'>,
    caller: AbortSignal,
  ): Promise<readonly SelfTestCheck[]> {
    this.#count();
    const { clock, fingerprint, knownAuthorities, ownAuthority } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(DEADLINE_MS, () => late.abort());
    const challenge = this.#challenges.issue();
    const signal = AbortSignal.any([late.signal, caller]);
    try {
      const [hub, tunnel] = await Promise.all([
        probeHub(apiUrl, { knownAuthorities, ownAuthority, challenge, signal }),
        tunnelAddress === null ? [] : probeTunnel(tunnelAddress, fingerprint, signal),
      ]);
      return [...hub, ...tunnel];
    } finally {
      cancel();
      challenge.end();
    }
  }

  #count(): void {
    const now = this.#options.clock.monotonic();
    const recent = this.#runs.filter((at) => now - at < MINUTE_MS);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= MAX_RUNS) {
      throw problem('too-many-self-tests', {
        detail: `Too many self-tests: at most ${MAX_RUNS} a minute`,
        retryAfterSeconds: Math.ceil((oldest + MINUTE_MS - now) / 1_000),
      });
    }
    this.#runs = [...recent, now];
  }
}
