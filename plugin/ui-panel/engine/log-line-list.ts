import type { LogLine } from './log-decoder.js';
import type { LogLines } from './log-lines.js';

/** A line, and its number in the log, which stays. */
export interface NumberedLine {
  readonly number: number;
  readonly line: LogLine;
}

/** Lines that somebody scrolls through, at this moment. */
export interface LineList {
  readonly length: number;
  at(index: number): NumberedLine | undefined;
  /** Index of the first one whose number is at least that. */
  indexOf(number: number): number;
}

/** All lines that are kept, and those at the end that may still grow. */
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

/** Those with these numbers, which are in order. */
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
