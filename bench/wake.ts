import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelView } from '../plugin/api.js';
import { startBenchLab } from './lab/lab.js';
import { type Benchmark, machine, quantile } from './report.js';

const ROUNDS = 1_000;

/** Time from a call to a sleeping environment to the first byte of its answer. */
export const wake: Benchmark = {
  title: 'idle environment to first byte of /_ping through the hub, held check-ins',
  async run({ rounds = ROUNDS, say }) {
    const lab = await startBenchLab();
    try {
      const samples: Record<'wake' | 'open' | 'api', number[]> = { wake: [], open: [], api: [] };
      for (let round = 0; round < rounds; round++) {
        await lab.call('DELETE', `${lab.environmentPath}/tunnel`);
        // Let the agent receive the new state and hold again; a faster call would skip a step.
        await delay(20);
        const state = await lab.call<TunnelView>('GET', `${lab.environmentPath}/tunnel`);
        if (state.body.state !== 'idle') throw new Error(`not idle: ${JSON.stringify(state.body)}`);
        samples.wake.push(await timed(() => ping()));
        samples.open.push(await timed(() => ping()));
        samples.api.push(await timed(() => lab.call('GET', `${lab.environmentPath}/tunnel`)));
        if (round % 100 === 99) say(`wake: ${round + 1} of ${rounds}`);
      }
      const base = quantile(samples.open, 0.5);
      return {
        benchmark: 'wake',
        machine: machine(),
        node: process.version,
        setup: `${rounds} rounds on loopback; hub, agent and engine stand-in in separate processes`,
        rows: (
          [
            ['GET …/tunnel (no tunnel needed)', samples.api],
            ['/_ping, tunnel open', samples.open],
            ['/_ping, environment idle', samples.wake],
          ] as const
        ).map(([name, values]) => ({
          name,
          figures: {
            'p50 ms': quantile(values, 0.5),
            'p99 ms': quantile(values, 0.99),
            'max ms': quantile(values, 1),
            '× open tunnel': quantile(values, 0.5) / base,
          },
        })),
      };
    } finally {
      await lab.close();
    }

    async function ping(): Promise<void> {
      const { status, body } = await lab.call('GET', `${lab.dockerPath}/_ping`);
      if (status !== 200) throw new Error(`/_ping answered ${status}: ${JSON.stringify(body)}`);
    }
  },
};

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
