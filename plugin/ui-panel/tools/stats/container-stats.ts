import { JsonReader } from '../../engine/model/json-reader.js';

/** A container's resource usage at one moment. Bytes are totals since its start. */
export interface ContainerStats {
  /** Since 1970, by the engine's clock. */
  readonly timeMs: number;
  /** Of one CPU: 200 is two of them. Null: not known yet. */
  readonly cpuPercent: number | null;
  /** Number of CPUs it can use; null if the engine does not report it. */
  readonly cpus: number | null;
  readonly memory: number;
  /** Limit in bytes; 0 if the engine does not report it. */
  readonly memoryLimit: number;
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  readonly processes: number;
}

/**
 * Calculates as the docker client does: github.com/docker/cli, cli/command/container/stats_helpers.go.
 * @param value a sample from `GET /containers/:id/stats`
 * @returns null if it is not a sample of a running container
 */
export function parseContainerStats(value: unknown): ContainerStats | null {
  const sample = new JsonReader(value);
  const timeMs = Date.parse(sample.text('read'));
  // A stopped container's samples are from the year 1.
  if (!(timeMs > 0)) return null;
  const [memory, storage] = [sample.get('memory_stats'), sample.get('storage_stats')];
  const networks = sample
    .get('networks')
    .entries()
    .map(([, network]) => network);
  const transfers = sample.get('blkio_stats').get('io_service_bytes_recursive').items();
  const bytesOf = (letter: string) =>
    sum(
      transfers.filter((transfer) => transfer.text('op').toLowerCase().startsWith(letter)),
      'value',
    );
  const isWindows = isOnWindows(sample);
  return {
    timeMs,
    cpuPercent: isWindows ? cpuOnWindows(sample, timeMs) : cpuOnUnix(sample),
    cpus: onlineCpus(sample) || null,
    memory: isWindows ? numeric(memory, 'privateworkingset') : memoryOnUnix(memory),
    memoryLimit: numeric(memory, 'limit'),
    received: sum(networks, 'rx_bytes'),
    sent: sum(networks, 'tx_bytes'),
    read: isWindows ? numeric(storage, 'read_size_bytes') : bytesOf('r'),
    written: isWindows ? numeric(storage, 'write_size_bytes') : bytesOf('w'),
    processes: numeric(sample.get('pids_stats'), 'current') || numeric(sample, 'num_procs'),
  };
}

/** Only Windows reports `num_procs`. */
function isOnWindows(sample: JsonReader): boolean {
  return numeric(sample, 'num_procs') > 0;
}

function cpuOnUnix(sample: JsonReader): number | null {
  const [cpu, before] = [sample.get('cpu_stats'), sample.get('precpu_stats')];
  // The first sample of a stream has no previous one.
  if (!numeric(before, 'system_cpu_usage')) return null;
  const passed = numeric(cpu, 'system_cpu_usage') - numeric(before, 'system_cpu_usage');
  const used = usedSince(sample);
  return used > 0 && passed > 0 ? (used / passed) * onlineCpus(sample) * 100 : 0;
}

/** In steps of 100 ns. */
function cpuOnWindows(sample: JsonReader, timeMs: number): number | null {
  const beforeMs = Date.parse(sample.text('preread'));
  if (!(beforeMs > 0)) return null;
  const passed = (timeMs - beforeMs) * 10_000 * numeric(sample, 'num_procs');
  const used = usedSince(sample);
  return passed > 0 && used > 0 ? (used / passed) * 100 : 0;
}

function usedSince(sample: JsonReader): number {
  const total = (name: string) => numeric(sample.get(name).get('cpu_usage'), 'total_usage');
  return total('cpu_stats') - total('precpu_stats');
}

function onlineCpus(sample: JsonReader): number {
  const cpu = sample.get('cpu_stats');
  return numeric(cpu, 'online_cpus') || cpu.get('cpu_usage').get('percpu_usage').items().length;
}

/** Without the reclaimable file cache. Control groups v1 use another name for its total. */
function memoryOnUnix(memory: JsonReader): number {
  const usage = numeric(memory, 'usage');
  const stats = memory.get('stats');
  const cache = [stats.number('total_inactive_file'), stats.number('inactive_file')].find(
    (size) => size < usage,
  );
  return usage - (cache ?? 0);
}

function sum(parts: readonly JsonReader[], name: string): number {
  return parts.reduce((total, part) => total + numeric(part, name), 0);
}

function numeric(part: JsonReader, name: string): number {
  return part.number(name) || 0;
}
