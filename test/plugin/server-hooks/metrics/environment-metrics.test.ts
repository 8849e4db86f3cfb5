import test from 'ava';
import { environmentMetrics } from '../../../../plugin/server-hooks/metrics/environment-metrics.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { metricValue, parseExposition } from '../../../kit/exposition.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { sampleEnvironment } from '../store/sample-environment.js';

function setup(names: readonly string[]) {
  const environments = names.map((name, index) => sampleEnvironment(index + 1, { name }));
  const live = liveEnvironments({
    clock: new FakeClock(),
    store: { environment: (id) => environments[id - 1] },
  });
  const checkIn = (id: number) => {
    const [instance] = environments[id - 1]?.instances ?? [];
    live.of(id).presence.recordCheckIn(instance?.id ?? '', 5_000, { engine: 'up', problem: null });
  };
  const text = () => environmentMetrics({ store: { environments: () => environments }, live });
  return { text, checkIn };
}

test('environment metrics: each environment has its own, and its name is escaped', async (t) => {
  const name = 'a "b" \\ c\nd';
  const { text, checkIn } = setup([name, 'two']);
  checkIn(2);
  const output = await text();
  t.is(metricValue(output, 'fairlead_environment_info', { environment: '1', name }), 1);
  t.is(metricValue(output, 'fairlead_environment_online', { environment: '1' }), 0);
  t.is(metricValue(output, 'fairlead_environment_online', { environment: '2' }), 1);
  t.is(metricValue(output, 'fairlead_environment_tunnel_active', { environment: '2' }), 0);
  const seen = 'fairlead_environment_last_check_in_timestamp_seconds';
  t.is(metricValue(output, seen, { environment: '1' }), undefined, 'absent before the first check-in');
  t.true(Number(metricValue(output, seen, { environment: '2' })) > 0);
});

test('environment metrics: many are written in slices, between which the event loop turns', async (t) => {
  const { text } = setup(Array.from({ length: 2_000 }, (_, index) => `e${index}`));
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const output = await text();
  isDone = true;
  t.true(turns >= 12, `${turns} turns`);
  t.is(parseExposition(output).get('fairlead_environment_info')?.samples.length, 2_000);
});
