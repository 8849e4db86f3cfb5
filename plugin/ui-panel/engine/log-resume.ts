import type { LogLine } from './log-decoder.js';

/** How far the log of one task has come, or of a container. */
interface Place {
  /** The latest time of a line. */
  last: string;
  /** Lines from before this time are taken as read. */
  floor: string;
  /** How many lines came of each time, by the second of that time; of the last few seconds. */
  readonly seconds: Map<string, Map<string, number>>;
}

/** More tasks than write at a time. */
const MAX_PLACES = 1_000;
/** Times that are remembered of all tasks together: at 10,000 lines a second those of ten seconds. */
const MAX_TIMES = 100_000;
/** How far the clocks of a Swarm's nodes are apart, and how late what they write comes. */
const SPREAD_MS = 60_000;
/** By how much an engine may mix up lines of stdout and stderr, which it reads apart. */
const DISORDER_MS = 1_000;
/** Seconds of times that are remembered: what is asked for again lies in two of them. */
const MAX_SECONDS = 3;
/** Of a time: `2026-11-23T20:57:21`. */
const SECOND_LENGTH = 19;

/**
 * Where a log goes on after a break: a second before the last line, without the lines of that second that had come. Lines of
 * one moment come in any order, and may share a time. Tasks of a service have clocks of their own: each has a place of its own.
 */
export class LogResume {
  readonly #places = new Map<string, Place>();
  /** Where each stood at the break. */
  #before = new Map<string, Place>();
  #times = 0;

  /** For the query of the call: null where nothing has come yet. */
  get since(): string | null {
    const times = [...this.#places.values()].map(({ last }) => last).sort();
    const [first = ''] = times;
    const ms = Date.parse(first);
    if (Number.isNaN(ms)) return null;
    const late = Date.parse(times.at(-1) ?? '') - SPREAD_MS;
    // A task that has long ended is no reason to read a day again.
    if (late > ms) return (late / 1000).toFixed(3);
    const fraction = /\.(\d+)/.exec(first)?.[1] ?? '0';
    return `${Math.floor((ms - DISORDER_MS) / 1000)}.${fraction.padEnd(9, '0')}`;
  }

  /** To be called before the log is asked for again. */
  again(): void {
    this.#before = new Map(
      [...this.#places].map(([task, { last, floor, seconds }]) => [
        task,
        { last, floor, seconds: new Map([...seconds].map(([second, counts]) => [second, new Map(counts)])) },
      ]),
    );
  }

  /** Those lines that had not come before. */
  sift(lines: readonly LogLine[]): readonly LogLine[] {
    return lines.filter(({ time, task }) => {
      if (time === '') return true;
      const before = this.#before.get(task);
      if (before && time <= before.last && wasRead(before, time)) return false;
      this.#count(task, time);
      return true;
    });
  }

  #count(task: string, time: string): void {
    const place = this.#places.get(task) ?? { last: time, floor: time, seconds: new Map() };
    this.#places.delete(task);
    this.#places.set(task, place);
    if (time > place.last) place.last = time;
    if (time < place.floor) return;
    const second = time.slice(0, SECOND_LENGTH);
    const counts = place.seconds.get(second) ?? new Map<string, number>();
    const count = counts.get(time) ?? 0;
    counts.set(time, count + 1);
    place.seconds.set(second, counts);
    if (count === 0) this.#times += 1;
    if (place.seconds.size > MAX_SECONDS) this.#forgetOldest(place);
    this.#bound();
  }

  #forgetOldest(place: Place): void {
    const [oldest = '', next = ''] = [...place.seconds.keys()].sort();
    this.#times -= place.seconds.get(oldest)?.size ?? 0;
    place.seconds.delete(oldest);
    place.floor = next;
  }

  #bound(): void {
    const [oldest] = this.#places;
    if (this.#places.size > MAX_PLACES && oldest) {
      for (const counts of oldest[1].seconds.values()) this.#times -= counts.size;
      this.#places.delete(oldest[0]);
    }
    if (this.#times <= MAX_TIMES) return;
    for (const place of this.#places.values()) {
      place.floor = place.last;
      place.seconds.clear();
    }
    this.#times = 0;
  }
}

/** Whether a line of that time came before the break; each is found once. */
function wasRead({ floor, seconds }: Place, time: string): boolean {
  if (time < floor) return true;
  const counts = seconds.get(time.slice(0, SECOND_LENGTH));
  const count = counts?.get(time) ?? 0;
  if (count > 0) counts?.set(time, count - 1);
  return count > 0;
}
