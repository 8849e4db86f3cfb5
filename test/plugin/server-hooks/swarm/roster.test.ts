import test from 'ava';
import { SwarmRoster } from '../../../../plugin/server-hooks/swarm/roster.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { member } from '../../../kit/lease-simulation/samples.js';
import { sampleEnvironment } from '../store/sample-environment.js';

/** An environment whose only agent is on its only manager, node `n` of Swarm `s`. */
function setup() {
  const clock = new FakeClock();
  const environment = sampleEnvironment(1);
  const store = new MemoryStore();
  store.put(environment);
  const [instance] = environment.instances;
  if (!instance) throw new Error('the sample has an agent');
  let changes = 0;
  const roster = new SwarmRoster({
    get record() {
      return store.environment(1);
    },
    store,
    clock,
    evaluate: () => changes++,
    changed: () => undefined,
  });
  const sendReport = (workers: number) => {
    const nodes = [member('n', 'manager', 'active')];
    for (let i = 0; i < workers; i++) nodes.push(member(`w${i}`, 'worker', 'active'));
    return roster.accept(instance, { swarmId: 's', nodes });
  };
  return { clock, roster, sendReport, changes: () => changes };
}

test('swarm roster: a repeated report is no change and costs nothing', async (t) => {
  const { sendReport, changes, roster } = setup();
  for (let i = 0; i < 100; i++) await sendReport(1);
  t.is(changes(), 1);
  t.deepEqual([...(roster.members?.keys() ?? [])], ['n', 'w0']);
});

test('swarm roster: accepts a burst of ten changes, then one a second', async (t) => {
  const { sendReport, changes, clock } = setup();
  for (let i = 0; i < 10; i++) await sendReport(i);
  t.like(await t.throwsAsync(sendReport(10)), { code: 'report-too-soon', status: 429, retryAfterSeconds: 1 });
  t.is(changes(), 10);
  clock.advance(1_000);
  await sendReport(10);
  await t.throwsAsync(sendReport(11), { code: 'report-too-soon' });
  clock.advance(3_600_000);
  for (let i = 0; i < 10; i++) await sendReport(i);
  await t.throwsAsync(sendReport(12), { code: 'report-too-soon' });
});
