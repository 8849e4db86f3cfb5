import type { Clock } from '../../../protocol/time/clock.js';

interface Timer {
  dueMs: number;
  readonly everyMs: number | null;
  readonly fn: () => void;
}

/** A clock that moves only when a test advances it. Timers run in order of their due times, at those times. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #wallMs: number;
  #monotonicMs = 1_000;

  /** `wallMs`: initial milliseconds since the epoch. */
  constructor(wallMs = Date.UTC(2030, 0, 1)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(ms: number, fn: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + ms, everyMs: null, fn });
  }

  every(ms: number, fn: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + ms, everyMs: ms, fn });
  }

  /** Timers that wait; what stopped must leave none behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; null without one. */
  get nextMs(): number | null {
    const due = [...this.#timers].map(({ dueMs }) => dueMs - this.#monotonicMs);
    return due.length > 0 ? Math.min(...due) : null;
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!due) break;
      this.#pass(Math.max(0, due.dueMs - this.#monotonicMs));
      if (due.everyMs === null) this.#timers.delete(due);
      else due.dueMs += due.everyMs;
      due.fn();
    }
    this.#pass(end - this.#monotonicMs);
  }

  /** Sets the wall clock only: timers and monotonic time are not affected. */
  setWall(ms: number): void {
    this.#wallMs = ms;
  }

  /** The machine slept: time has passed, and the timers are late. */
  jump(ms: number): void {
    this.#pass(ms);
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
