import test from 'ava';
import { StatsHistory } from '../../../../../plugin/ui-panel/tools/stats/history.js';

const SAMPLE = {
  timeMs: Date.parse('2026-01-02T03:04:05Z'),
  cpuPercent: 25,
  cpus: 2,
  memory: 1_000,
  memoryLimit: 0,
  received: 300,
  sent: 0,
  read: 0,
  written: 0,
  processes: 1,
};

test('stats history: totals become rates, with a gap after a restart; keeps three minutes', (t) => {
  const history = new StatsHistory();
  history.add(SAMPLE);
  history.add({ ...SAMPLE, timeMs: SAMPLE.timeMs + 2_000, received: SAMPLE.received + 500 });
  history.add({ ...SAMPLE, timeMs: SAMPLE.timeMs + 3_000, received: 0 });
  t.deepEqual(
    history.points.map(({ receives }) => receives),
    [null, 250, null],
  );
  history.add(null);
  t.is(history.last, null);
  for (let second = 4; second < 300; second++)
    history.add({ ...SAMPLE, timeMs: SAMPLE.timeMs + second * 1_000 });
  t.is(history.points.length, 180);
});
