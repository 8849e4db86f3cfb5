import type { LogLine } from './log-decoder.js';

/** Limit on what is kept: 20,000 lines may be 80 MB. */
const MAX_CHARACTERS = 8_000_000;

/**
 * The last lines of a log, numbered from 0; numbers do not change. `trim()` drops the oldest; `first` is how many were
 * dropped.
 */
export class LogLines {
  #lines: LogLine[] = [];
  #first = 0;
  #characters = 0;

  /** Number of the oldest kept line. */
  get first(): number {
    return this.#first;
  }
  /** Number of the next line. */
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

  /** Whether it holds more than `maxLines`, or too many characters. */
  isOver(maxLines: number): boolean {
    return this.#lines.length > maxLines || this.#characters > MAX_CHARACTERS;
  }

  /** Drops the oldest, more than necessary, so that it does not run for each new line. */
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
