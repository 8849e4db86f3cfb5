import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { agent } from './agent.js';
import { calls } from './calls.js';
import { fleet } from './fleet.js';
import { latency } from './latency.js';
import { list } from './list.js';
import { panel } from './panel.js';
import type { Benchmark } from './report.js';
import { printReport } from './report.js';
import { restart } from './restart.js';
import { throughput } from './throughput.js';
import { tunnels } from './tunnels.js';
import { wake } from './wake.js';
import { wire } from './wire.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  wake,
  calls,
  throughput,
  latency,
  list,
  fleet,
  restart,
  tunnels,
  wire,
  panel,
  agent,
};

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string' },
    engine: { type: 'string' },
    size: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
const [name] = positionals;
const benchmark = name === undefined ? undefined : BENCHMARKS[name];
if (values.help || !benchmark) {
  console.log(
    'Usage: npm run bench -- <name> [--rounds N] [--size AGENTS] [--engine SOCKET] [--json FILE]\n',
  );
  for (const [key, { title }] of Object.entries(BENCHMARKS)) console.log(`  ${key.padEnd(12)} ${title}`);
  process.exit(values.help ? 0 : 2);
}
const report = await benchmark.run({
  rounds: values.rounds === undefined ? undefined : Number(values.rounds),
  engine: values.engine ?? null,
  size: values.size === undefined ? undefined : Number(values.size),
  say: (line) => console.error(line),
});
printReport(report);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
