import type { LogLine } from './decoder.js';

/** Read position in the log of a container or a task. */
interface Place {
  /** Latest time of a line. */
  last: string;
  /** Lines before this time count as read. */
  floor: string;
  /** Lines received per timestamp, by second; for the last few seconds. */
  readonly seconds: Map<string, Map<string, number>>;
}

/** More tasks than write concurrently. */
const MAX_PLACES = 1_000;
/** Timestamps kept for all tasks together: ten seconds at 10,000 lines a second. */
const MAX_TIMES = 100_000;
/** Allowance for clock skew between a Swarm's nodes, and for delayed lines. */
const SPREAD_MS = 60_000;
/** How far an engine may reorder lines of stdout and stderr, which it reads separately. */
const DISORDER_MS = 1_000;
/** Seconds of timestamps kept: a repeated request spans two. */
const MAX_SECONDS = 3;
/** Length of `2026-11-23T20:57:21`. */
const SECOND_LENGTH = 19;

/**
 * Resumes a log after a break: from a second before the last line, skipping the lines of that second already received.
 * Lines of one moment arrive in any order, and may share a timestamp. Each task of a service has its own clock, and its
 * own position.
 */
export class LogResume {
  readonly #places = new Map<string, Place>();
  /** Positions at the break. */
  #before = new Map<string, Place>();
  #times = 0;

  /** `since` of the next request; null if nothing was received yet. */
  get since(): string | null {
    const times = [...this.#places.values()].map(({ last }) => last).sort();
    const [first = ''] = times;
    const ms = Date.parse(first);
    if (Number.isNaN(ms)) return null;
    const late = Date.parse(times.at(-1) ?? '') - SPREAD_MS;
    // Do not read a day again because of a task that ended long ago.
    if (late > ms) return (late / 1000).toFixed(3);
    const fraction = /\.(\d+)/.exec(first)?.[1] ?? '0';
    return `${Math.floor((ms - DISORDER_MS) / 1000)}.${fraction.padEnd(9, '0')}`;
  }

  /** Call before requesting the log again. */
  again(): void {
    this.#before = new Map(
      [...this.#places].map(([task, { last, floor, seconds }]) => [
        task,
        { last, floor, seconds: new Map([...seconds].map(([second, counts]) => [second, new Map(counts)])) },
      ]),
    );
  }

  /** The lines not received before. */
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

/** Whether a line with this time was received before the break; each counts once. */
function wasRead({ floor, seconds }: Place, time: string): boolean {
  if (time < floor) return true;
  const counts = seconds.get(time.slice(0, SECOND_LENGTH));
  const count = counts?.get(time) ?? 0;
  if (count > 0) counts?.set(time, count - 1);
  return count > 0;
}
