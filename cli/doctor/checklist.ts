import { EXIT } from '../failure.js';
import { failureOf } from '../failure-of.js';
import type { Mark, Output } from '../terminal/output.js';

/** One checked fact. */
export interface CheckResult {
  readonly check: string;
  readonly result: Mark;
  readonly text: string;
  readonly nextStep?: string | undefined;
  readonly code?: string | undefined;
}

/** Runs checks in order, and shows each as soon as it is known. */
export class Checklist {
  readonly #output: Output;
  readonly #isShown: boolean;
  readonly #results: CheckResult[] = [];

  constructor(output: Output, isShown: boolean) {
    this.#output = output;
    this.#isShown = isShown;
  }

  get results(): readonly CheckResult[] {
    return this.#results;
  }

  get isOk(): boolean {
    return this.#results.every(({ result }) => result !== 'fail');
  }

  /** Resolves with what `find` found; undefined if it failed. @throws Failure of an interrupt */
  async run<T>(
    check: string,
    find: () => Promise<{ readonly text: string; readonly value: T }>,
  ): Promise<T | undefined> {
    try {
      const { text, value } = await find();
      this.#add({ check, result: 'ok', text });
      return value;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.exitCode === EXIT.interrupted || failure.exitCode === EXIT.outputClosed) throw failure;
      const { message, nextStep, code } = failure;
      this.#add({ check, result: 'fail', text: message, nextStep, code });
      return undefined;
    }
  }

  /** For a fact that cannot be known. */
  skip(check: string, text: string, nextStep?: string): void {
    this.#add({ check, result: 'skip', text, nextStep });
  }

  /** For a fact that will be a failure. */
  warn(check: string, text: string, nextStep: string): void {
    this.#add({ check, result: 'warn', text, nextStep });
  }

  #add(result: CheckResult): void {
    this.#results.push(result);
    if (this.#isShown) this.#output.check(result.result, result.check, result.text, result.nextStep);
  }
}
