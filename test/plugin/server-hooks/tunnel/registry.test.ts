import test from 'ava';
import { TunnelRegistry } from '../../../../plugin/server-hooks/tunnel/registry.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';

const never = new AbortController().signal;

function setup() {
  const clock = new FakeClock();
  const registry = new TunnelRegistry({ clock, bootId: 'boot', inactivityMs: () => 60_000 });
  return { clock, registry };
}

test('registry: to ask for a state makes no slot', (t) => {
  const { registry } = setup();
  t.is(registry.state(1), 'idle');
  t.is(registry.peek(1), undefined);
  t.is(registry.slot(1), registry.slot(1));
  t.not(registry.slot(1), registry.slot(2));
});

test('registry: a change is told with its environment, until nobody listens', (t) => {
  const { registry } = setup();
  const heard: number[] = [];
  const stopListening = registry.onChange((id) => heard.push(id));
  registry.slot(5).demand();
  registry.slot(6).demand();
  t.deepEqual(heard, [5, 6]);
  stopListening();
  registry.slot(7).demand();
  t.deepEqual(heard, [5, 6]);
});

test('registry: sweeps up tunnels that their agents should have closed', async (t) => {
  const { registry, clock } = setup();
  registry.start();
  registry.start();
  registry.slot(1).demand();
  const { tunnel } = await tunnelPair(t, { clock, inactivityMs: 5_000 });
  registry.slot(1).grant(tunnel.grant.instanceId);
  registry.slot(1).attach(tunnel);
  clock.advance(35_000);
  t.is(registry.state(1), 'active');
  clock.advance(5_000);
  t.is(tunnel.end, 'idle');
  t.is(registry.state(1), 'idle');
  registry.stop();
  t.is(clock.pending, 0);
});

test('registry: a deleted environment’s slot ends what it holds', async (t) => {
  const { registry, clock } = setup();
  const waiting = registry.slot(1).acquire(1_000, never);
  registry.remove(1);
  await t.throwsAsync(waiting, { code: 'tunnel-closed' });
  const { tunnel } = await tunnelPair(t, { clock });
  registry.slot(1).grant(tunnel.grant.instanceId);
  registry.slot(1).attach(tunnel);
  registry.remove(1);
  t.is(tunnel.end, 'revoked');
  t.is(registry.peek(1), undefined);
  t.notThrows(() => registry.remove(1));
});

test('registry: stops with every tunnel and wait, and twice', async (t) => {
  const { registry, clock } = setup();
  registry.start();
  const { tunnel } = await tunnelPair(t, { clock });
  registry.slot(1).grant(tunnel.grant.instanceId);
  registry.slot(1).attach(tunnel);
  const waiting = registry.slot(2).acquire(1_000, never);
  registry.stop();
  registry.stop();
  t.is(tunnel.end, 'stopping');
  await t.throwsAsync(waiting, { code: 'tunnel-closed' });
  t.is(clock.pending, 0);
});
