import type { ContainerStats } from './container-stats.js';

/** What is drawn: a moment each. Null: not known, a gap. Bytes a second. */
export interface StatsPoint {
  readonly timeMs: number;
  readonly cpuPercent: number | null;
  readonly memory: number | null;
  readonly receives: number | null;
  readonly sends: number | null;
  readonly reads: number | null;
  readonly writes: number | null;
}

/** Three minutes, at Docker's pace of one a second. */
const KEPT = 180;

/** The last samples of a container as points: from totals come rates. */
export class StatsHistory {
  #points: readonly StatsPoint[] = [];
  #last: ContainerStats | null = null;

  get points(): readonly StatsPoint[] {
    return this.#points;
  }

  /** The last sample; null while the container does not run. */
  get last(): ContainerStats | null {
    return this.#last;
  }

  /** Null: it does not run. */
  add(stats: ContainerStats | null): void {
    const last = this.#last;
    this.#last = stats;
    if (!stats) return;
    if (last && stats.timeMs <= last.timeMs) return;
    const seconds = last ? (stats.timeMs - last.timeMs) / 1000 : 0;
    const rate = (kind: 'received' | 'sent' | 'read' | 'written') => {
      const grown = last ? stats[kind] - last[kind] : -1;
      // Smaller than before: it was started anew.
      return grown >= 0 ? grown / seconds : null;
    };
    const point = {
      timeMs: stats.timeMs,
      cpuPercent: stats.cpuPercent,
      memory: stats.memory,
      receives: rate('received'),
      sends: rate('sent'),
      reads: rate('read'),
      writes: rate('written'),
    };
    this.#points = [...this.#points.slice(1 - KEPT), point];
  }
}
