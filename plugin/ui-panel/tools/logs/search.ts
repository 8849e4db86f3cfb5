import type { LogLines } from './lines.js';

/** Lines of a growing log that match a pattern. Each line is searched once. */
export class LogSearch {
  readonly #lines: LogLines;
  #pattern: RegExp | null = null;
  #numbers: number[] = [];
  #seen = 0;

  constructor(lines: LogLines) {
    this.#lines = lines;
  }

  /** Null: no search. */
  get pattern(): RegExp | null {
    return this.#pattern;
  }

  /** Numbers of the lines that match, in order. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Starts a new search. */
  search(pattern: RegExp | null): void {
    this.#pattern = pattern;
    this.#numbers = [];
    this.#seen = 0;
    this.update();
  }

  /** Searches new lines, and forgets dropped ones. */
  update(): void {
    const { first, end } = this.#lines;
    const kept = this.#numbers.findIndex((number) => number >= first);
    if (kept !== 0) this.#numbers = kept < 0 ? [] : this.#numbers.slice(kept);
    const pattern = this.#pattern;
    for (let number = Math.max(first, this.#seen); pattern && number < end; number++) {
      const text = this.#lines.at(number)?.text ?? '';
      if (text.search(pattern) >= 0) this.#numbers.push(number);
    }
    this.#seen = end;
  }

  /** The next match after or before a line, wrapping around; null if there is none. */
  next(from: number, step: 1 | -1): number | null {
    const { length } = this.#numbers;
    if (length === 0) return null;
    const after = this.#numbers.findIndex((number) => number > from);
    const start = after < 0 ? length : after;
    if (step === 1) return this.#numbers[start % length] ?? null;
    const isOn = this.#numbers[start - 1] === from;
    return this.#numbers[(start - (isOn ? 2 : 1) + length) % length] ?? null;
  }
}
