import test from 'ava';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const never = new AbortController().signal;

/** Environments 1 to 7, each with one agent on a manager. */
function setup(changes: Partial<Environment> = {}) {
  const clock = new FakeClock();
  const store = new MemoryStore();
  for (let id = 1; id <= 7; id++) store.put(sampleEnvironment(id, changes));
  const live = liveEnvironments({ clock, store });
  const [instance] = sampleEnvironment(1).instances;
  if (!instance) throw new Error('the sample has an agent');
  /** Grants the environment's lease to its agent, and attaches a tunnel. */
  const open = async (t: Parameters<typeof tunnelPair>[0], id: number, inactivityMs = 5_000) => {
    const { tunnels } = live.of(id);
    tunnels.slot().demand();
    live.of(id).called(instance.id);
    const { epoch = '' } = tunnels.slot().lease ?? {};
    const { tunnel } = await tunnelPair(t, { clock, instanceId: instance.id, epoch, inactivityMs });
    tunnels.slot().attach(tunnel);
    return tunnel;
  };
  /** Holds the agent's check-in until `hasChanges` is true. */
  const hold = (id: number, hasChanges: () => boolean) =>
    new Promise<void>((answer, fail) => {
      const onClose = () => undefined;
      const ends = { hasChanges, answer, fail, onClose };
      live.of(id).held.hold({ instanceId: instance.id, waitMs: 50_000, retryMs: null, ...ends });
    });
  return { clock, store, live, instance, open, hold };
}

test('live environments: each is one object, and reading a tunnel’s state creates no slot', (t) => {
  const { live } = setup();
  t.is(live.of(1), live.of(1));
  t.not(live.of(1), live.of(2));
  t.is(live.of(1).tunnels.state(), 'idle');
  t.is(live.of(1).tunnels.peek(), undefined);
});

test('live environments: one demand is one notification, with the lease that it led to, and evaluates held check-ins once', (t) => {
  const { live, instance, hold } = setup();
  let evaluations = 0;
  void hold(5, () => {
    evaluations++;
    return false;
  });
  const changes: (string | null)[] = [];
  const stopListening = live.onChange((id) => changes.push(live.of(id).leaderId));
  live.of(5).tunnels.slot().demand();
  t.deepEqual(changes, [instance.id]);
  t.is(evaluations, 1);
  live.of(5).tunnels.slot().demand();
  t.deepEqual(changes, [instance.id], 'it is required already');
  stopListening();
  live.of(6).tunnels.slot().demand();
  t.is(changes.length, 1);
});

test('live environments: close tunnels that their agents should have closed', async (t) => {
  const { live, clock, open } = setup();
  live.start();
  live.start();
  const tunnel = await open(t, 1);
  clock.advance(35_000);
  t.is(live.of(1).tunnels.state(), 'active');
  clock.advance(5_000);
  t.is(tunnel.end, 'idle');
  t.is(live.of(1).tunnels.state(), 'idle');
  live.stop();
  t.is(clock.pending, 0);
});

test('live environments: a deleted one ends all that it holds, and starts again as new', async (t) => {
  const { live, store, clock, instance, open, hold } = setup();
  live.start();
  const tunnel = await open(t, 1);
  const { tunnels, credentials, snapshots } = live.of(1);
  const node = tunnels.slot(instance.id).acquire(1_000, never);
  const held = hold(1, () => store.environment(1) === undefined);
  const snapshot = snapshots.request(30_000);
  const holder = { instanceId: instance.id, nodeId: 'n', purpose: 'node' } as const;
  const { token } = credentials.issue({ ...holder, environmentId: 1, generation: 1, epoch: 'e' });
  const ended = Promise.all([
    t.throwsAsync(node, { code: 'tunnel-closed' }),
    t.notThrowsAsync(held),
    t.throwsAsync(snapshot, { code: 'environment-not-found' }),
  ]);
  await store.remove(1);
  t.is(tunnel.end, 'revoked');
  await ended;
  t.throws(() => live.tokens.redeem(token), { code: 'credential-revoked' });
  t.is(clock.pending, 1, 'the sweep of all');
  t.is(live.of(1).presence.facts(instance.id), null);
  t.is(live.of(1).tunnels.peek(), undefined);
  live.stop();
});

test('live environments: a raised generation revokes all credentials, and the agents stay known', async (t) => {
  const { live, store, instance, open, hold } = setup();
  live.start();
  const tunnel = await open(t, 1);
  live.of(1).presence.recordCheckIn(instance.id, 5_000);
  let evaluations = 0;
  const held = hold(1, () => ++evaluations > 0);
  void store.update(1, (current) => ({ ...current, generation: current.generation + 1 }));
  t.is(tunnel.end, 'revoked', 'in the same turn');
  await held;
  t.not(live.of(1).presence.facts(instance.id), null);
  live.stop();
});

test('live environments: an instance removed from the store is cleared with its node’s tunnel; others stay', async (t) => {
  const { live, store, instance } = setup();
  live.start();
  const staying = { ...instance, id: 'staying' };
  store.put(sampleEnvironment(1, { instances: [instance, staying] }));
  await Promise.resolve();
  for (const { id } of [instance, staying]) live.of(1).presence.recordCheckIn(id, 5_000);
  const node = live.of(1).tunnels.slot(instance.id).acquire(1_000, never);
  live.of(1).tunnels.slot(staying.id).demand();
  store.put(sampleEnvironment(1, { instances: [staying] }));
  await t.throwsAsync(node, { code: 'tunnel-closed' });
  t.is(live.of(1).presence.facts(instance.id), null);
  t.not(live.of(1).presence.facts(staying.id), null);
  t.is(live.of(1).tunnels.state(staying.id), 'required');
  live.stop();
});

test('live environments: a generation that comes back after a failed write ends nothing again', async (t) => {
  const { live, store, open } = setup({ generation: 1 });
  live.start();
  live.of(1);
  store.put(sampleEnvironment(1, { generation: 2 }));
  const tunnel = await open(t, 1);
  store.put(sampleEnvironment(1, { generation: 1 }));
  store.put(sampleEnvironment(1, { generation: 2 }));
  t.is(tunnel.end, null);
  store.put(sampleEnvironment(1, { generation: 3 }));
  t.is(tunnel.end, 'revoked');
  live.stop();
});

test('live environments: nothing is kept of an environment that does not exist', (t) => {
  const { live } = setup();
  t.not(live.of(99), live.of(99));
  t.is([...live].length, 0);
  t.is(live.of(1), live.of(1));
});

test('live environments: stop with every tunnel, hold and wait, and twice', async (t) => {
  const { live, clock, open, hold } = setup();
  live.start();
  const tunnel = await open(t, 1);
  const waiting = live.of(2).tunnels.slot().acquire(1_000, never);
  const held = hold(3, () => false);
  const ended = Promise.all([
    t.throwsAsync(waiting, { code: 'tunnel-closed' }),
    t.throwsAsync(held, { code: 'hub-stopping' }),
  ]);
  live.stop();
  live.stop();
  t.is(tunnel.end, 'stopping');
  await ended;
  t.is(clock.pending, 0);
});

test('live environments: a check-in whose connection has already closed is not held', async (t) => {
  const { live, instance } = setup();
  const { held, presence } = live.of(1);
  await new Promise<void>((answer, fail) => {
    const onClose = (listener: () => void) => listener();
    held.hold({
      instanceId: instance.id,
      waitMs: 50_000,
      retryMs: null,
      hasChanges: () => false,
      answer,
      fail,
      onClose,
    });
  });
  t.is(held.size, 0);
  t.false(presence.isHeld(instance.id));
});
