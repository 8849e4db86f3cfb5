import type { Hop, HopResult } from '../../../protocol/hops.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { explainFailure, nextStepOf } from './explain-failure.js';

/** What a check found, other than a failure. */
export interface Finding<T = undefined> extends Omit<HopResult, 'hop' | 'ms' | 'result' | 'nextStep'> {
  /** Default: `ok`. */
  readonly result?: 'ok' | 'warn' | 'skip';
  /** What later checks need. */
  readonly value?: T;
}

/** The outcome of a check: its finding, or its error. */
export interface Attempt<T = undefined> {
  readonly ms: number;
  readonly finding?: Finding<T>;
  readonly error?: unknown;
}

export interface ChainOptions {
  readonly clock: Clock;
  /** Called with each result as soon as it is known. */
  readonly onResult: (result: HopResult) => void;
  /** Ends all checks. */
  readonly signal: AbortSignal;
}

const MAX_TEXT = 500;

/** Runs checks in order, each with a deadline. */
export class Chain {
  readonly #options: ChainOptions;
  readonly #results: HopResult[] = [];

  constructor(options: ChainOptions) {
    this.#options = options;
  }

  get results(): readonly HopResult[] {
    return this.#results;
  }

  /** Whether a hop was found to work, if with a warning. */
  passed(hop: Hop): boolean {
    return this.#results.some((one) => one.hop === hop && (one.result === 'ok' || one.result === 'warn'));
  }

  /**
   * Checks a hop and reports it. Never throws.
   * @returns the finding's value; undefined after a failure
   */
  async run<T>(
    hop: Hop,
    deadlineMs: number,
    check: (signal: AbortSignal) => Promise<Finding<T>>,
  ): Promise<T | undefined> {
    return this.report(hop, await this.attempt(deadlineMs, check));
  }

  /** Runs a check. Its signal aborts at the deadline; it need not observe it. Never throws. */
  async attempt<T>(
    deadlineMs: number,
    check: (signal: AbortSignal) => Promise<Finding<T>>,
  ): Promise<Attempt<T>> {
    const { clock, signal } = this.#options;
    if (signal.aborted) return { ms: 0, finding: { result: 'skip', text: 'Not checked: the time was up' } };
    const startedMs = clock.monotonic();
    const ms = () => Math.round(clock.monotonic() - startedMs);
    const deadline = new AbortController();
    const abort = () => deadline.abort(timeout(deadlineMs));
    const cancel = clock.after(deadlineMs, abort);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const finding = await orAbort(check(deadline.signal), deadline.signal);
      return { ms: ms(), finding };
    } catch (error) {
      return { ms: ms(), error };
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
      deadline.abort();
    }
  }

  report<T>(hop: Hop, { ms, finding, error }: Attempt<T>): T | undefined {
    if (!finding) {
      this.#add({ hop, result: 'fail', ms, ...explainFailure(error) });
      return undefined;
    }
    const { value, result = 'ok', ...found } = finding;
    this.#add({ hop, result, ms, ...found });
    return value;
  }

  /** For a hop that cannot be checked, or needs no check. */
  skip(hop: Hop, text: string): void {
    this.#add({ hop, result: 'skip', ms: 0, text });
  }

  #add({ text, code, ...result }: Omit<HopResult, 'nextStep'>): void {
    const found = {
      ...result,
      text: printable(text),
      ...(code !== undefined && { code, nextStep: nextStepOf(code) }),
    };
    this.#results.push(found);
    this.#options.onResult(found);
  }
}

/** The error of a deadline that has passed. */
export function timeout(ms: number): DOMException {
  return new DOMException(`No answer within ${ms / 1_000} s`, 'TimeoutError');
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** One line: names in certificates and answers come from anywhere. */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, MAX_TEXT)
    .replace(/[\uD800-\uDBFF]$/, '');
}
