import { readFile } from 'node:fs/promises';

/** Watches the resident memory of processes. */
export interface MemoryWatch {
  /** Ends the watch. The highest value seen of each process in the order given, MiB. */
  stop(): Promise<number[]>;
}

const EVERY_MS = 100;

/** Samples `VmRSS` of each process ten times a second, from now on. */
export function watchMemory(pids: readonly number[]): MemoryWatch {
  const peaks = pids.map(() => 0);
  const sample = async () => {
    const now = await Promise.all(pids.map(residentMiB));
    now.forEach((value, index) => {
      peaks[index] = Math.max(peaks[index] ?? 0, value);
    });
  };
  let last = sample();
  const timer = setInterval(() => {
    last = last.then(sample);
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await last;
      return peaks;
    },
  };
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}
