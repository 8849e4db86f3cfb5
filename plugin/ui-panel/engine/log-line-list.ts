import type { LogLine } from './log-decoder.js';
import type { LogLines } from './log-lines.js';

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
export function linesOf(lines: LogLines, numbers: readonly number[]): LineList {
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
