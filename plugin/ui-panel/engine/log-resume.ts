import type { LogLine } from './log-decoder.js';

/**
 * Where a log goes on after a break: at the time of the last line, which other lines may share. It remembers how many
 * of these have come.
 */
export class LogResume {
  #time = '';
  #count = 0;
  #toSkip = 0;

  /** For the query of the call: null where nothing has come yet. */
  get since(): string | null {
    const ms = Date.parse(this.#time);
    if (Number.isNaN(ms)) return null;
    const fraction = /\.(\d+)/.exec(this.#time)?.[1] ?? '0';
    return `${Math.floor(ms / 1000)}.${fraction.padEnd(9, '0')}`;
  }

  /** To be called before the log is asked for again. */
  again(): void {
    this.#toSkip = this.#count;
    this.#count = 0;
  }

  /** Those lines that had not come before. */
  sift(lines: readonly LogLine[]): readonly LogLine[] {
    return lines.filter(({ time }) => {
      const isSame = time === this.#time;
      this.#count = isSame ? this.#count + 1 : 1;
      this.#time = time;
      if (!isSame || time === '') this.#toSkip = 0;
      if (this.#toSkip === 0) return true;
      this.#toSkip -= 1;
      return false;
    });
  }
}
