import type { LogLine } from './decoder.js';

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

/** A line and its fixed number in the log. */
export interface NumberedLine {
  readonly number: number;
  readonly line: LogLine;
}

/** The lines to scroll through. */
export interface LineList {
  readonly length: number;
  at(index: number): NumberedLine | undefined;
  /** Index of the first line with at least this number. */
  indexOf(number: number): number;
}

/** All kept lines, and the unfinished ones at the end. */
export function allLines(lines: LogLines, rest: readonly LogLine[]): LineList {
  const { first, end } = lines;
  return {
    length: end - first + rest.length,
    at: (index) => {
      const number = first + index;
      const line = number < end ? lines.at(number) : rest[number - end];
      return line && { number, line };
    },
    indexOf: (number) => Math.max(0, number - first),
  };
}

/** The lines with these numbers, which are sorted. */
export function matchingLines(lines: LogLines, numbers: readonly number[]): LineList {
  return {
    length: numbers.length,
    at: (index) => {
      const number = numbers[index] ?? -1;
      const line = lines.at(number);
      return line && { number, line };
    },
    indexOf: (number) => {
      const index = numbers.findIndex((other) => other >= number);
      return index < 0 ? numbers.length : index;
    },
  };
}
