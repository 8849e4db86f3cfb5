/** What a container uses, at one moment. Bytes are totals since its start. */
export interface ContainerStats {
  /** Since 1970, by the engine's clock. */
  readonly timeMs: number;
  /** Of one CPU: 200 is two of them. Null: not known yet. */
  readonly cpuPercent: number | null;
  /** How many CPUs it can use; null where the engine does not say. */
  readonly cpus: number | null;
  readonly memory: number;
  /** What it may use; 0 where the engine does not say. */
  readonly memoryLimit: number;
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  readonly processes: number;
}

interface CpuSample {
  readonly cpu_usage?: { readonly total_usage?: number; readonly percpu_usage?: readonly number[] | null };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

/** What of `GET /containers/:id/stats` is looked at. */
interface Sample {
  readonly read?: string;
  readonly preread?: string;
  readonly cpu_stats?: CpuSample;
  readonly precpu_stats?: CpuSample;
  readonly num_procs?: number;
  readonly memory_stats?: {
    readonly usage?: number;
    readonly limit?: number;
    readonly privateworkingset?: number;
    readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number };
  };
  readonly networks?: Readonly<
    Record<string, { readonly rx_bytes?: number; readonly tx_bytes?: number }>
  > | null;
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive?: readonly { readonly op?: string; readonly value?: number }[] | null;
  };
  readonly storage_stats?: { readonly read_size_bytes?: number; readonly write_size_bytes?: number };
  readonly pids_stats?: { readonly current?: number };
}

/**
 * Counts as the docker client does: github.com/docker/cli, cli/command/container/stats_helpers.go.
 * @returns null for what is no sample of a container that runs
 */
export function parseContainerStats(value: unknown): ContainerStats | null {
  const sample: Sample = Object(value);
  const timeMs = Date.parse(String(sample.read));
  // The engine goes on with samples from the year 1 when the container has stopped.
  if (!(timeMs > 0)) return null;
  const { cpu_stats: cpu, memory_stats: memory, blkio_stats: block, storage_stats: storage } = sample;
  const networks = Object.values(sample.networks ?? {});
  const transfers = block?.io_service_bytes_recursive ?? [];
  const moved = (letter: string) =>
    sum(transfers.filter(({ op }) => op?.toLowerCase().startsWith(letter)).map(({ value }) => value));
  return {
    timeMs,
    cpuPercent: isWindows(sample) ? cpuOnWindows(sample, timeMs) : cpuOnUnix(sample),
    cpus: onlineCpus(cpu) || null,
    memory: isWindows(sample) ? numeric(memory?.privateworkingset) : memoryOnUnix(memory),
    memoryLimit: numeric(memory?.limit),
    received: sum(networks.map(({ rx_bytes }) => rx_bytes)),
    sent: sum(networks.map(({ tx_bytes }) => tx_bytes)),
    read: isWindows(sample) ? numeric(storage?.read_size_bytes) : moved('r'),
    written: isWindows(sample) ? numeric(storage?.write_size_bytes) : moved('w'),
    processes: numeric(sample.pids_stats?.current ?? sample.num_procs),
  };
}

/** Only there the engine counts processes by themselves. */
function isWindows({ num_procs: processors }: Sample): boolean {
  return numeric(processors) > 0;
}

function cpuOnUnix({ cpu_stats: cpu, precpu_stats: before }: Sample): number | null {
  // The first sample of a stream has none before it.
  if (!before?.system_cpu_usage) return null;
  const used = numeric(cpu?.cpu_usage?.total_usage) - numeric(before.cpu_usage?.total_usage);
  const passed = numeric(cpu?.system_cpu_usage) - numeric(before.system_cpu_usage);
  return used > 0 && passed > 0 ? (used / passed) * onlineCpus(cpu) * 100 : 0;
}

/** In steps of 100 ns. */
function cpuOnWindows(sample: Sample, timeMs: number): number | null {
  const beforeMs = Date.parse(String(sample.preread));
  if (!(beforeMs > 0)) return null;
  const passed = (timeMs - beforeMs) * 10_000 * numeric(sample.num_procs);
  const used =
    numeric(sample.cpu_stats?.cpu_usage?.total_usage) - numeric(sample.precpu_stats?.cpu_usage?.total_usage);
  return passed > 0 && used > 0 ? (used / passed) * 100 : 0;
}

function onlineCpus(cpu: CpuSample | undefined): number {
  return numeric(cpu?.online_cpus) || (cpu?.cpu_usage?.percpu_usage?.length ?? 0);
}

/** Without the file cache that can be given back at once. Control groups v1 have its total under a name of its own. */
function memoryOnUnix(memory: Sample['memory_stats']): number {
  const usage = numeric(memory?.usage);
  const { total_inactive_file: ofV1, inactive_file: ofV2 } = memory?.stats ?? {};
  if (ofV1 !== undefined && ofV1 < usage) return usage - ofV1;
  return ofV2 !== undefined && ofV2 < usage ? usage - ofV2 : usage;
}

function sum(values: readonly unknown[]): number {
  return values.reduce<number>((total, value) => total + numeric(value), 0);
}

function numeric(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
