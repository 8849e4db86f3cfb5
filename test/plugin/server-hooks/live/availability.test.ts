import test from 'ava';
import { Availability } from '../../../../plugin/server-hooks/live/availability.js';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import type { Store } from '../../../../plugin/server-hooks/store/store.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { checkInBench } from '../../../kit/hub/check-in-bench.js';

function setup() {
  const clock = new FakeClock();
  const bench = checkInBench(clock);
  const { environments: live, environment } = bench;
  return { clock, bench, live, environment };
}

test('availability: calls wait for two check-ins and ten seconds, between half a minute and two minutes', async (t) => {
  const { bench, live, environment } = setup();
  const waitMs = (checkInSeconds: number | null) => {
    const store = {
      environment: () => ({ ...environment, checkInSeconds }),
      settings: () => bench.settings,
    } as unknown as Store;
    return new Availability({ store, live }).waitMs({ environmentId: 1 });
  };
  await bench.checkIn();
  t.is(waitMs(null), 30_000);
  t.is(waitMs(20), 50_000);
  t.is(waitMs(3_600), 120_000);
});

test('availability: calls do not wait for an offline agent, but a hub that just started gives agents time', async (t) => {
  const { clock, bench, live, environment } = setup();
  let known: Environment | undefined = environment;
  const store = { environment: () => known, settings: () => bench.settings } as unknown as Store;
  const waiting = new Availability({ store, live });
  t.notThrows(() => waiting.requireReachable(1));
  clock.advance(45_000);
  t.throws(() => waiting.requireReachable(1), { code: 'environment-offline' });
  await bench.checkIn();
  t.notThrows(() => waiting.requireReachable(1));
  const [instance] = environment.instances;
  if (!instance) throw new Error('no instance');
  known = { ...environment, instances: [instance, { ...instance, id: 'silent' }] };
  t.notThrows(() => waiting.requireReachable(1, instance.id));
  t.throws(() => waiting.requireReachable(1, 'silent'), { code: 'node-offline' });
  known = { ...environment, instances: [] };
  t.throws(() => waiting.requireReachable(1), { code: 'environment-not-associated' });
  known = undefined;
  t.throws(() => waiting.requireReachable(1), { code: 'environment-not-found' });
});
