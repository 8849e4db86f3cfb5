import { runCommand } from '../../../tools/lab/run-command.js';
import { BUSYBOX_IMAGE, labTest, sharedEngine } from '../../kit/engine/lab.js';
import { runRounds, startHostAndAgent } from '../../kit/hub/plugin-rounds.js';

/** A few by default; `test/host/plugins/slot-rounds.test.ts` has 50, with its own engine. */
const ROUNDS = Number(process.env.FAIRLEAD_ROUNDS ?? 3);

labTest(`plugin life: ${ROUNDS} times off and on, docker ps works and nothing leaks`, async (t) => {
  t.timeout(60_000 + ROUNDS * 30_000);
  const engine = await sharedEngine();
  const run = ['run', '--detach', '--network=none', BUSYBOX_IMAGE, 'sleep', '3600'];
  const container = (await engine.docker(run)).stdout.trim();
  t.teardown(async () => void (await engine.docker(['rm', '--force', container])));
  const setup = await startHostAndAgent(t, engine.socketPath);
  const args = [...(await setup.api.dockerArgs(setup.id)), 'ps', '--no-trunc', '--format', '{{.ID}}'];
  const { returnMs, heapBytes, objects, inventory } = await runRounds(t, setup, {
    rounds: ROUNDS,
    inventoryEvery: ROUNDS > 10 ? 10 : 1,
    use: async () => {
      const { stdout } = await runCommand('docker', args);
      t.true(stdout.split('\n').includes(container), stdout);
    },
  });
  const sorted = returnMs.map(Math.round).sort((a, b) => a - b);
  t.is(sorted.length, ROUNDS - 1);
  t.log(`the agent was back after ${sorted[0]} to ${sorted.at(-1)} ms, median ${sorted[sorted.length >> 1]}`);
  t.log(
    `heap ${heapBytes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')} MB; ${objects.join(' ')} objects`,
  );
  t.log(JSON.stringify(inventory));
});
