import type { LogLine } from './log-decoder.js';

/** How much of a log is kept: 20,000 lines of it may be 80 MB. */
const MAX_CHARACTERS = 8_000_000;

/**
 * The last lines of a log. Each has a number that stays: they count from 0. `trim()` lets the oldest go; how many those
 * are is `first`.
 */
export class LogLines {
  #lines: LogLine[] = [];
  #first = 0;
  #characters = 0;

  /** Number of the oldest line that is kept. */
  get first(): number {
    return this.#first;
  }
  /** Number of the line that comes next. */
  get end(): number {
    return this.#first + this.#lines.length;
  }
  at(number: number): LogLine | undefined {
    return this.#lines[number - this.#first];
  }
  add(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.text.length;
    }
  }

  /** Whether it holds more than `maxLines`, or more than memory should. */
  isOver(maxLines: number): boolean {
    return this.#lines.length > maxLines || this.#characters > MAX_CHARACTERS;
  }

  /** Lets the oldest go, some more than necessary: it is not to be done for each new line. */
  trim(maxLines: number): void {
    if (!this.isOver(maxLines)) return;
    let count = 0;
    while (
      this.#lines.length - count > maxLines * 0.9 ||
      (this.#characters > MAX_CHARACTERS * 0.9 && count < this.#lines.length)
    ) {
      this.#characters -= this.#lines[count]?.text.length ?? 0;
      count += 1;
    }
    this.#lines = this.#lines.slice(count);
    this.#first += count;
  }
}
