import { startBenchLab } from './lab/lab.js';
import { makeSelfSigned } from './lab/self-signed.js';
import { download, type Target, upload } from './lab/transfer.js';
import { type Benchmark, machine, quantile } from './report.js';
import { type Role, startRole } from './roles/start-role.js';

const ROUNDS = 5;
const BYTES = 1024 ** 3;

/** Bytes a second through the tunnel, compared with the same hops without it. */
export const throughput: Benchmark = {
  title: 'MB/s of one stream and of eight, both directions: direct socket, raw TLS pipe, tunnel',
  async run({ rounds = ROUNDS, say }) {
    const lab = await startBenchLab();
    const roles: Role[] = [];
    try {
      const { key, certificate } = await makeSelfSigned();
      const exit = await startRole('tls-pipe', {
        side: 'exit',
        key,
        certificate,
        socketPath: lab.socketPath,
      });
      roles.push(exit);
      const entry = await startRole('tls-pipe', { side: 'entry', port: exit.ready.port });
      roles.push(entry);
      const targets: Record<string, Target> = {
        'direct socket': { socketPath: lab.socketPath, prefix: '' },
        'raw TLS pipe': { host: '127.0.0.1', port: Number(entry.ready.port), prefix: '' },
        tunnel: { host: '127.0.0.1', port: lab.port, prefix: lab.dockerPath },
      };
      const samples = new Map<string, number[]>();
      // Interleaved, so that other load on the machine affects all equally.
      for (let round = 0; round < rounds; round++) {
        for (const streams of [1, 8]) {
          for (const direction of ['download', 'upload'] as const) {
            for (const [name, target] of Object.entries(targets)) {
              const rate = await measure(target, direction, streams);
              const column = `${direction} × ${streams}, MB/s`;
              samples.set(`${name}|${column}`, [...(samples.get(`${name}|${column}`) ?? []), rate]);
              say(`throughput: round ${round + 1}, ${name}, ${column}: ${rate.toFixed(0)}`);
            }
          }
        }
      }
      const columns = [1, 8].flatMap((n) => ['download', 'upload'].map((d) => `${d} × ${n}, MB/s`));
      const median = (name: string, column: string) => quantile(samples.get(`${name}|${column}`) ?? [], 0.5);
      return {
        benchmark: 'throughput',
        machine: machine(),
        node: process.version,
        setup: `${BYTES / 1024 ** 2} MiB each, median of ${rounds}; each part in a separate process on loopback`,
        rows: [
          ...Object.keys(targets).map((name) => ({
            name,
            figures: Object.fromEntries(columns.map((column) => [column, median(name, column)])),
          })),
          {
            name: 'tunnel ÷ raw TLS pipe',
            figures: Object.fromEntries(
              columns.map((column) => [column, median('tunnel', column) / median('raw TLS pipe', column)]),
            ),
          },
        ],
      };
    } finally {
      for (const role of roles.reverse()) await role.stop();
      await lab.close();
    }
  },
};

async function measure(target: Target, direction: 'download' | 'upload', streams: number): Promise<number> {
  const each = Math.floor(BYTES / streams);
  const start = performance.now();
  const moved = await Promise.all(
    Array.from({ length: streams }, () => (direction === 'download' ? download : upload)(target, each)),
  );
  const total = moved.reduce((sum, bytes) => sum + bytes, 0);
  if (total !== each * streams) throw new Error(`moved ${total} of ${each * streams} bytes`);
  return total / 1e6 / ((performance.now() - start) / 1e3);
}
