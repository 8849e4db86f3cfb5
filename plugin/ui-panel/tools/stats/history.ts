import type { ContainerStats } from './container-stats.js';

/** A point of a chart. Null: unknown, a gap. Rates are bytes a second. */
export interface StatsPoint {
  readonly timeMs: number;
  readonly cpuPercent: number | null;
  readonly memory: number | null;
  readonly receives: number | null;
  readonly sends: number | null;
  readonly reads: number | null;
  readonly writes: number | null;
}

/** Three minutes, at one sample a second. */
const KEPT = 180;

/** The last samples of a container as points, with totals converted to rates. */
export class StatsHistory {
  #points: readonly StatsPoint[] = [];
  #last: ContainerStats | null = null;

  get points(): readonly StatsPoint[] {
    return this.#points;
  }

  /** The last sample; null while the container is not running. */
  get last(): ContainerStats | null {
    return this.#last;
  }

  /** Null: the container is not running. */
  add(stats: ContainerStats | null): void {
    const last = this.#last;
    this.#last = stats;
    if (!stats) return;
    if (last && stats.timeMs <= last.timeMs) return;
    const seconds = last ? (stats.timeMs - last.timeMs) / 1000 : 0;
    const rate = (kind: 'received' | 'sent' | 'read' | 'written') => {
      const grown = last ? stats[kind] - last[kind] : -1;
      // A smaller total means that it was restarted.
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
