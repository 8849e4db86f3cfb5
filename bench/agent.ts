import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { installEngine } from '../tools/lab/install/engine.js';
import { endWithParent, insideNamespace, runInNamespace } from '../tools/lab/namespace.js';
import { type IdleLab, type Measured, startIdleLab } from './agent/idle-lab.js';
import { processCost } from './lab/process-cost.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';

const WINDOW_S = 60;
const SETTLE_S = 20;
const STARTS = 5;

/** Memory and CPU time of an agent at rest, its start and its size. */
export const agent: Benchmark = {
  title: 'memory, CPU time, start and size of an idle agent; with a real Docker Engine where possible',
  async run({ rounds = 2, say }) {
    const obstacle = await installEngine(say);
    if (obstacle) say(`agent: a stand-in for the engine, because ${obstacle}`);
    // An engine of its own needs namespaces: the benchmark runs there, and reports from there.
    else if (!insideNamespace()) process.exit(await runInNamespace(process.argv.slice(1)));
    else endWithParent();
    const windowS = WINDOW_S * rounds;
    say('agent: engine and hub start');
    const lab = await startIdleLab(obstacle === undefined);
    try {
      const starts = { bare: [] as number[], agent: [] as number[] };
      const started = async (key: keyof typeof starts, start: () => Promise<Measured>) => {
        const measured = await start();
        starts[key].push(measured.startMs);
        return measured;
      };
      for (let index = 1; index < STARTS; index++) {
        await (await started('bare', lab.startBareNode)).end();
        await (await started('agent', lab.startAgent)).end();
      }
      const bare = await started('bare', lab.startBareNode);
      const alone = await started('agent', lab.startAgent);
      const container = await lab.startContainer();
      const idle = async (heldCheckIns: boolean) => {
        await lab.hub.call('PATCH', '/edge/api/settings', { heldCheckIns });
        await delay(SETTLE_S * 1_000);
        say(`agent: ${heldCheckIns ? 'held' : 'plain'} check-ins, ${windowS} s`);
        const measured = { bare, alone, ...(container && { container }) };
        return spentBy(measured, windowS * 1_000);
      };
      const plain = await idle(false);
      const held = await idle(true);
      const row = (name: string, figures: ReportRow['figures'] | undefined, startMs: number[]) =>
        figures ? [{ name, figures: { ...figures, 'start ms': quantile(startMs, 0.5) } }] : [];
      return {
        benchmark: 'agent',
        machine: machine(),
        node: process.version,
        setup: `${lab.isRealEngine ? 'a real engine' : 'a stand-in for the engine'}, TLS, ${windowS} s each; ${STARTS} starts`,
        rows: [
          ...row('Node with http2, https, tls, zlib', held.bare, starts.bare),
          ...row('agent, plain check-ins', plain.alone, starts.agent),
          ...row('agent, held check-ins', held.alone, starts.agent),
          ...row('container, plain check-ins', plain.container, [container?.startMs ?? Number.NaN]),
          ...row('container, held check-ins', held.container, [container?.startMs ?? Number.NaN]),
          { name: 'size', figures: await sizes(lab) },
        ],
      };
    } finally {
      await lab.close();
    }
  },
};

async function spentBy(processes: Record<string, Measured>, ms: number) {
  const all = Object.entries(processes);
  const read = () => Promise.all(all.map(([, { pid, read }]) => processCost(pid, read)));
  const before = await read();
  await delay(ms);
  const after = await read();
  return Object.fromEntries(all.map(([name], index) => [name, figuresOf(before[index], after[index], ms)]));
}

type Cost = Awaited<ReturnType<typeof processCost>> | undefined;

function figuresOf(before: Cost, after: Cost, ms: number): ReportRow['figures'] | undefined {
  if (!before || !after) return undefined;
  return {
    'RSS MiB': after.residentMiB,
    'of it heap and stacks': after.anonymousMiB,
    'PSS MiB': after.shareMiB,
    'CPU ms/min': ((after.cpuMs - before.cpuMs) / ms) * 60_000,
  };
}

async function sizes({ bundle, imageKb }: IdleLab): Promise<ReportRow['figures']> {
  const bytes = await readFile(bundle);
  const image = await imageKb();
  return {
    'bundle KB': bytes.length / 1024,
    'gzipped KB': gzipSync(bytes).length / 1024,
    ...(image === null ? {} : { 'image over its base KB': image }),
  };
}
