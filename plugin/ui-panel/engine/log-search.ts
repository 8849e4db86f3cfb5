import type { LogLines } from './log-lines.js';

/** Which lines of a growing log have some words in them. Each line is looked at once. */
export class LogSearch {
  readonly #lines: LogLines;
  #pattern: RegExp | null = null;
  #numbers: number[] = [];
  #seen = 0;

  constructor(lines: LogLines) {
    this.#lines = lines;
  }

  /** Null: nothing is looked for. */
  get pattern(): RegExp | null {
    return this.#pattern;
  }

  /** Numbers of the lines that match, in order. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Looks for something else. */
  search(pattern: RegExp | null): void {
    this.#pattern = pattern;
    this.#numbers = [];
    this.#seen = 0;
    this.update();
  }

  /** Looks at the lines that have come, and forgets those that have gone. */
  update(): void {
    const { first, end } = this.#lines;
    const gone = this.#numbers.findIndex((number) => number >= first);
    if (gone !== 0) this.#numbers = gone < 0 ? [] : this.#numbers.slice(gone);
    const pattern = this.#pattern;
    for (let number = Math.max(first, this.#seen); pattern && number < end; number++) {
      const text = this.#lines.at(number)?.text ?? '';
      if (text.search(pattern) >= 0) this.#numbers.push(number);
    }
    this.#seen = end;
  }

  /** The next match behind or before a line, from the other end after the last one; null: there is none. */
  next(from: number, step: 1 | -1): number | null {
    const { length } = this.#numbers;
    if (length === 0) return null;
    const behind = this.#numbers.findIndex((number) => number > from);
    const start = behind < 0 ? length : behind;
    if (step === 1) return this.#numbers[start % length] ?? null;
    const isOn = this.#numbers[start - 1] === from;
    return this.#numbers[(start - (isOn ? 2 : 1) + length) % length] ?? null;
  }
}
