import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The kernel drops a connection's counters with the connection: this much of its end may be missed, ms. */
const EVERY_MS = 1_000;

/** Counts TCP segments, keep-alive probes included, by the local port of connections. Reads `ss` of iproute2; Linux only. */
export class SegmentCounter {
  /** By local port, then by peer port: both directions, since the connection's start. */
  readonly #segments = new Map<number, Map<number, number>>();
  #sampling: Promise<void> | null = null;

  start(): void {
    setInterval(() => void this.sample(), EVERY_MS).unref();
  }

  /** Of all connections to a local port so far. */
  total(port: number): number {
    return [...(this.#segments.get(port)?.values() ?? [])].reduce((sum, segments) => sum + segments, 0);
  }

  sample(): Promise<void> {
    this.#sampling ??= this.#read().finally(() => {
      this.#sampling = null;
    });
    return this.#sampling;
  }

  async #read(): Promise<void> {
    const { stdout } = await run('ss', ['-tinHO', 'state', 'established'], { maxBuffer: 64 * 1024 * 1024 });
    for (const line of stdout.split('\n')) {
      const [, local, peer] = /:(\d+) +\S+:(\d+)/.exec(line) ?? [];
      const [, out] = /\bsegs_out:(\d+)/.exec(line) ?? [];
      const [, into] = /\bsegs_in:(\d+)/.exec(line) ?? [];
      if (local === undefined || peer === undefined) continue;
      const connections = this.#segments.get(Number(local)) ?? new Map<number, number>();
      this.#segments.set(Number(local), connections);
      connections.set(Number(peer), Number(out ?? 0) + Number(into ?? 0));
    }
  }
}
