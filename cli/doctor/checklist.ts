import { Failure } from '../failure.js';
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

  /** Resolves with what `check` resolved with; undefined if it failed. */
  async run<T>(
    check: string,
    find: () => Promise<{ readonly text: string; readonly value: T }>,
  ): Promise<T | undefined> {
    try {
      const { text, value } = await find();
      this.#add({ check, result: 'ok', text });
      return value;
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure(String(error));
      const { message, nextStep, code } = failure;
      this.#add({ check, result: 'fail', text: message, nextStep, code });
      return undefined;
    }
  }

  /** For a fact that cannot be known. */
  skip(check: string, text: string, nextStep?: string): void {
    this.#add({ check, result: 'skip', text, nextStep });
  }

  #add(result: CheckResult): void {
    this.#results.push(result);
    if (this.#isShown) this.#output.check(result.result, result.check, result.text, result.nextStep);
  }
}
