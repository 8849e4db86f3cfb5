import { readFile } from 'node:fs/promises';

/** Resources used by a process. Linux only. */
export interface ProcessCost {
  /** User and system time since its start, in steps of 10 ms. */
  readonly cpuMs: number;
  readonly residentMiB: number;
  /** Resident and of no file: heap, stacks. */
  readonly anonymousMiB: number;
  /** Resident, each page divided by the number of processes that have it. */
  readonly shareMiB: number;
}

/** Reads a file of the process's folder in `/proc`. */
export type ReadProc = (name: 'stat' | 'status' | 'smaps_rollup') => Promise<string>;

/** `USER_HZ` of proc_pid_stat(5): 100 on every Linux that runs Node. */
const MS_PER_TICK = 10;

export async function processCost(pid: number, read: ReadProc = readProcOf(pid)): Promise<ProcessCost> {
  const [stat, status, maps] = await Promise.all([read('stat'), read('status'), read('smaps_rollup')]);
  // The second field is the program's name, which may contain anything; fields 3 and on follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    residentMiB: mebibytes('VmRSS', status),
    anonymousMiB: mebibytes('RssAnon', status),
    shareMiB: mebibytes('Pss', maps),
  };
}

function readProcOf(pid: number): ReadProc {
  return (name) => readFile(`/proc/${pid}/${name}`, 'utf8');
}

function mebibytes(name: string, text: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
}
