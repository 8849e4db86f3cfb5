import test from 'ava';
import { JsonWorker } from '../../../plugin/server-hooks/json/json-worker.js';
import { problem } from '../../../protocol/problems.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { untilTrue } from '../../kit/until.js';
import { startWholeAgent } from './start-whole-agent.js';

/** Above the hub's least gap between snapshots and the agent's own pause, 10 s each. */
const RETRY_MS = 15_000;

// Alone in its file: the hub of this process is busy.
test('agent: a snapshot that a busy hub refuses is sent again after the time that the hub names', async (t) => {
  const { run } = JsonWorker.prototype;
  const refusedMs: number[] = [];
  const clock = new FakeClock();
  JsonWorker.prototype.run = async () => {
    refusedMs.push(clock.monotonic());
    throw problem('hub-busy', { retryAfterSeconds: RETRY_MS / 1_000 });
  };
  t.teardown(() => {
    JsonWorker.prototype.run = run;
  });
  const { hub, id } = await startWholeAgent(t, {}, clock);
  /** Lets time pass until it holds, slowly: calls under way must not miss their deadlines by this clock. */
  const pass = (what: string, holds: () => boolean | Promise<boolean>) => {
    const read = () => {
      clock.advance(50);
      return holds();
    };
    return untilTrue(what, read, { everyMs: 5, ms: 30_000 });
  };
  await pass('two refusals', () => refusedMs.length === 2);
  t.true((refusedMs[1] ?? 0) - (refusedMs[0] ?? 0) >= RETRY_MS);
  t.is((await hub.view(id)).snapshot, null);
  JsonWorker.prototype.run = run;
  await pass('a snapshot', async () => (await hub.view(id)).snapshot !== null);
});
