import test from 'ava';
import { parseContainerStats } from '../../../../../plugin/ui-panel/tools/stats/container-stats.js';

// In the form of Docker's answers, shortened to what is read: here on control groups v2.
const V2 = {
  read: '2026-11-23T20:57:21.5Z',
  preread: '2026-11-23T20:57:20.5Z',
  pids_stats: { current: 3 },
  num_procs: 0,
  storage_stats: {},
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 254, minor: 0, op: 'read', value: 4096 },
      { major: 254, minor: 0, op: 'write', value: 8192 },
      { major: 254, minor: 16, op: 'read', value: 1 },
    ],
  },
  cpu_stats: { cpu_usage: { total_usage: 1_500_000_000 }, system_cpu_usage: 104_000_000_000, online_cpus: 4 },
  precpu_stats: {
    cpu_usage: { total_usage: 1_000_000_000 },
    system_cpu_usage: 100_000_000_000,
    online_cpus: 4,
  },
  memory_stats: { usage: 10_000_000, stats: { inactive_file: 4_000_000 }, limit: 100_000_000 },
  networks: { eth0: { rx_bytes: 1000, tx_bytes: 10 }, eth1: { rx_bytes: 500, tx_bytes: 5 } },
};

test('container stats: calculated as in the docker client', (t) => {
  t.deepEqual(parseContainerStats(V2), {
    timeMs: Date.parse(V2.read),
    cpuPercent: 50,
    cpus: 4,
    memory: 6_000_000,
    memoryLimit: 100_000_000,
    received: 1500,
    sent: 15,
    read: 4097,
    written: 8192,
    processes: 3,
  });
});

test('container stats: control groups v1 have other names, and list their CPUs', (t) => {
  const { cpu_usage } = V2.cpu_stats;
  const v1 = {
    ...V2,
    cpu_stats: { cpu_usage: { ...cpu_usage, percpu_usage: [1, 2] }, system_cpu_usage: 104_000_000_000 },
    memory_stats: { usage: 10_000_000, stats: { total_inactive_file: 1_000_000, inactive_file: 9 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { op: 'Read', value: 7 },
        { op: 'Total', value: 7 },
      ],
    },
  };
  t.like(parseContainerStats(v1), { cpuPercent: 25, cpus: 2, memory: 9_000_000, read: 7, written: 0 });
  const cache = { ...V2, memory_stats: { usage: 5, stats: { inactive_file: 5 } } };
  t.is(parseContainerStats(cache)?.memory, 5, 'a cache that is all of it is no cache');
});

test('container stats: Windows reports steps of 100 ns and a private working set', (t) => {
  const windows = {
    ...V2,
    num_procs: 2,
    pids_stats: {},
    cpu_stats: { cpu_usage: { total_usage: 15_000_000 } },
    precpu_stats: { cpu_usage: { total_usage: 10_000_000 } },
    memory_stats: { privateworkingset: 77 },
    storage_stats: { read_size_bytes: 3, write_size_bytes: 4 },
  };
  t.like(parseContainerStats(windows), { cpuPercent: 25, memory: 77, read: 3, written: 4 });
});

test('container stats: no CPU in the first sample; null for a stopped container and for odd values', (t) => {
  t.is(parseContainerStats({ ...V2, precpu_stats: { cpu_usage: { total_usage: 0 } } })?.cpuPercent, null);
  t.is(parseContainerStats({ ...V2, read: '0001-01-01T00:00:00Z' }), null);
  for (const value of [null, 1, 'x', [], {}]) t.is(parseContainerStats(value), null);
  const bare = { read: V2.read, networks: null, blkio_stats: { io_service_bytes_recursive: null } };
  t.like(parseContainerStats(bare), { cpuPercent: null, memory: 0, received: 0, read: 0 });
});
