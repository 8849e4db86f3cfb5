import { readFile } from 'node:fs/promises';

/** Resources used by a process. Linux only. */
export interface ProcessCost {
  /** User and system time since its start, in steps of 10 ms. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** `USER_HZ` of proc_pid_stat(5): 100 on every Linux that runs Node. */
const MS_PER_TICK = 10;

export async function processCost(pid: number): Promise<ProcessCost> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The second field is the program's name, which may contain anything; fields 3 and on follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    residentMiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
  };
}
