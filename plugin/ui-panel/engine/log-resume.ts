import type { LogLine } from './log-decoder.js';

/** How far the log of one task has come, or of a container. */
interface Place {
  /** Of its last line. */
  time: string;
  /** How many lines share it. */
  count: number;
}

/** More tasks than write at a time. */
const MAX_PLACES = 1_000;
/** How far the clocks of a Swarm's nodes are apart, and how late what they write comes. */
const SPREAD_MS = 60_000;

/**
 * Where a log goes on after a break: at the time of the last line, which other lines may share. Tasks of a service have
 * clocks of their own, so that their lines come in no order: each has a place of its own.
 */
export class LogResume {
  readonly #places = new Map<string, Place>();
  /** Where each stood at the break, until it is past that. */
  #before = new Map<string, Place>();

  /** For the query of the call: null where nothing has come yet. */
  get since(): string | null {
    const times = [...this.#places.values()].map(({ time }) => time).sort();
    const [first = ''] = times;
    const ms = Date.parse(first);
    if (Number.isNaN(ms)) return null;
    const late = Date.parse(times.at(-1) ?? '') - SPREAD_MS;
    // A task that has long ended is no reason to read a day again.
    if (late > ms) return (late / 1000).toFixed(3);
    const fraction = /\.(\d+)/.exec(first)?.[1] ?? '0';
    return `${Math.floor(ms / 1000)}.${fraction.padEnd(9, '0')}`;
  }

  /** To be called before the log is asked for again. */
  again(): void {
    for (const [task, place] of this.#places) this.#before.set(task, { ...place });
  }

  /** Those lines that had not come before. */
  sift(lines: readonly LogLine[]): readonly LogLine[] {
    return lines.filter(({ time, task }) => {
      if (time === '') return true;
      const before = this.#before.get(task);
      if (before && time < before.time) return false;
      if (before && time === before.time && before.count > 0) {
        before.count -= 1;
        return false;
      }
      if (before && time > before.time) this.#before.delete(task);
      this.#count(task, time);
      return true;
    });
  }

  #count(task: string, time: string): void {
    const place = this.#places.get(task);
    this.#places.delete(task);
    this.#places.set(task, { time, count: place?.time === time ? place.count + 1 : 1 });
    const [oldest] = this.#places.keys();
    if (this.#places.size > MAX_PLACES && oldest !== undefined) this.#places.delete(oldest);
  }
}
