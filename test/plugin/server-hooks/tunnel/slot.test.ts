import test, { type ExecutionContext } from 'ava';
import { TunnelSlot } from '../../../../plugin/server-hooks/tunnel/slot.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { type TunnelPairOptions, tunnelPair } from '../../../kit/tunnel/pair.js';

const never = new AbortController().signal;

function setup(inactivityMs = 60_000) {
  const clock = new FakeClock();
  const changes: string[] = [];
  const slot: TunnelSlot = new TunnelSlot({
    clock,
    inactivityMs: () => inactivityMs,
    onChange: () => changes.push(slot.state),
    onLost: () => undefined,
    newEpoch: () => 'boot.1',
  });
  const attach = async (t: ExecutionContext, options: Partial<TunnelPairOptions> = {}) => {
    const pair = await tunnelPair(t, { clock, ...options });
    slot.grant(pair.tunnel.grant.instanceId);
    return { ...pair, wakeMs: slot.attach(pair.tunnel) };
  };
  return { clock, slot, changes, attach };
}

test('slot: a demand makes it required, and notifies once', (t) => {
  const { slot, changes } = setup();
  t.is(slot.state, 'idle');
  slot.demand();
  slot.demand();
  t.is(slot.state, 'required');
  t.deepEqual(changes, ['required']);
});

test('slot: a demand that is not renewed lapses after the inactivity time', (t) => {
  const { slot, clock } = setup();
  slot.demand();
  clock.advance(59_999);
  t.is(slot.state, 'required');
  clock.advance(1);
  t.is(slot.state, 'idle');
  slot.demand();
  t.is(slot.state, 'required');
});

test('slot: a waiting call keeps the demand alive', async (t) => {
  const { slot, clock } = setup(5_000);
  const waiting = slot.acquire(20_000, never);
  clock.advance(15_000);
  t.is(slot.state, 'required');
  t.is(slot.uses, 1);
  clock.advance(5_000);
  t.like(await t.throwsAsync(waiting), { code: 'tunnel-timeout', status: 504 });
  t.is(slot.uses, 0);
  t.is(clock.pending, 0);
});

test('slot: a keep-alive prolongs a tunnel, and never opens one', async (t) => {
  const { slot, clock, attach } = setup();
  t.is(slot.keepAlive(), 'idle');
  t.is(slot.state, 'idle');
  slot.demand();
  clock.advance(50_000);
  t.is(slot.keepAlive(), 'required');
  clock.advance(50_000);
  t.is(slot.state, 'required');
  await attach(t);
  t.is(slot.keepAlive(), 'active');
});

test('slot: a waiting caller gets the tunnel with a hold on it', async (t) => {
  const { slot, attach, changes } = setup();
  const waiting = [slot.acquire(1_000, never), slot.acquire(1_000, never)];
  const { tunnel } = await attach(t);
  t.is(slot.uses, 2, 'the hold follows the wait immediately');
  const holds = await Promise.all(waiting);
  t.true(holds.every((hold) => hold.tunnel === tunnel));
  holds[0]?.leave();
  holds[0]?.leave();
  t.is(slot.uses, 1);
  t.deepEqual(changes, ['required', 'required', 'active'], 'a lease is reported, too');
});

test('slot: a caller that disconnects no longer counts as use', async (t) => {
  const { slot, clock } = setup();
  const disconnect = new AbortController();
  const waiting = slot.acquire(1_000, disconnect.signal);
  disconnect.abort(new Error('left'));
  await t.throwsAsync(waiting, { message: 'left' });
  await t.throwsAsync(slot.acquire(1_000, disconnect.signal), { message: 'left' });
  t.is(slot.uses, 0);
  t.is(clock.pending, 0);
});

test('slot: a tunnel lost while it is needed is required again, and reported', async (t) => {
  const { slot, attach, changes } = setup();
  slot.demand();
  const { tunnel } = await attach(t);
  tunnel.close('lost');
  t.is(slot.state, 'required');
  t.deepEqual(changes, ['required', 'required', 'active', 'required'], 'a lease is reported, too');
});

test('slot: a tunnel lost long after its last use is not required again', async (t) => {
  const { slot, attach, clock } = setup();
  slot.demand();
  const { tunnel } = await attach(t);
  clock.advance(60_000);
  tunnel.close('lost');
  t.is(slot.state, 'idle');
});

test('slot: a running call keeps a lost tunnel required, however long it has run', async (t) => {
  const { slot, attach, clock } = setup();
  const waiting = slot.acquire(1_000, never);
  const { tunnel } = await attach(t);
  const { leave } = await waiting;
  clock.advance(3_600_000);
  tunnel.close('silent');
  t.is(slot.state, 'required');
  leave();
  t.is(slot.state, 'required', 'the last use was just now');
});

test('slot: the newest tunnel wins, and the end of the older one changes nothing', async (t) => {
  const { slot, attach } = setup();
  const older = await attach(t, { id: 'older' });
  const newer = await attach(t, { id: 'newer' });
  t.is(older.tunnel.end, 'superseded');
  t.is(slot.tunnel, newer.tunnel);
  t.is(slot.state, 'active');
});

test('slot: revocation ends tunnel, waits and demand, each with its code', async (t) => {
  const { slot, attach, changes } = setup();
  const waiting = slot.acquire(1_000, never);
  slot.revoke();
  t.like(await t.throwsAsync(waiting), { code: 'tunnel-closed', status: 503 });
  t.is(slot.state, 'idle');
  const hold = slot.acquire(1_000, never);
  const { tunnel } = await attach(t);
  await hold;
  slot.revoke();
  t.is(tunnel.end, 'revoked');
  t.is(tunnel.closed.reason.code, 'tunnel-closed');
  t.is(slot.state, 'idle');
  t.is(changes.at(-1), 'idle');
});

test('slot: a hold that ends after a revocation does not make the tunnel required again', async (t) => {
  const { slot, attach } = setup();
  const hold = slot.acquire(1_000, never);
  await attach(t);
  const { leave } = await hold;
  slot.revoke();
  leave();
  t.is(slot.state, 'idle');
});

test('slot: a call after an idle close is new demand', async (t) => {
  const { slot, attach } = setup();
  slot.demand();
  const { tunnel } = await attach(t);
  slot.closeIdle();
  t.is(tunnel.end, 'idle');
  t.is(slot.state, 'idle');
  const waiting = slot.acquire(1_000, never);
  t.is(slot.state, 'required');
  const { tunnel: next } = await attach(t, { id: 'next' });
  t.is((await waiting).tunnel, next);
});

test('slot: the hub closes an unused tunnel 30 s after the agent should have', async (t) => {
  const { slot, attach, clock } = setup();
  slot.demand();
  await attach(t, { inactivityMs: 5_000 });
  clock.advance(35_000);
  t.false(slot.isOverdue());
  clock.advance(1);
  t.true(slot.isOverdue());
  slot.keepAlive();
  t.false(slot.isOverdue());
  const { leave } = await slot.acquire(0, never);
  clock.advance(3_600_000);
  t.false(slot.isOverdue(), 'a call is running');
  leave();
  clock.advance(35_001);
  t.true(slot.isOverdue());
});

test('slot: reconciles with its agent about the open tunnel, except while a new one is being reported', async (t) => {
  const { slot, attach, clock } = setup();
  slot.demand();
  const { tunnel } = await attach(t, { id: 'mine', instanceId: 'a' });
  slot.reconcile('a', 'none');
  t.is(tunnel.end, null, 'it opened just now');
  clock.advance(3_001);
  slot.reconcile('b', 'none');
  slot.reconcile('a', 'mine');
  t.is(tunnel.end, null);
  slot.reconcile('a', 'none');
  t.is(tunnel.end, 'lost');
  t.is(slot.state, 'required');
});

test('slot: reconciles with its agent though the wall clock was set back', async (t) => {
  const { slot, attach, clock } = setup();
  slot.demand();
  const { tunnel } = await attach(t, { instanceId: 'a' });
  clock.setWall(clock.now() - 3_600_000);
  clock.advance(3_001);
  slot.reconcile('a', 'none');
  t.is(tunnel.end, 'lost');
});

test('slot: the wake time runs from the first demand that no tunnel has met', async (t) => {
  const { slot, clock, attach } = setup();
  slot.demand();
  clock.advance(300);
  slot.demand();
  clock.advance(200);
  const first = await attach(t);
  t.is(first.wakeMs, 500);
  slot.demand();
  clock.advance(1_000);
  t.is((await attach(t)).wakeMs, null);
});

test('slot: a demand that lapsed or was revoked does not count for the wake time', async (t) => {
  const { slot, clock, attach } = setup();
  slot.demand();
  clock.advance(90_000);
  slot.demand();
  slot.revoke();
  clock.advance(1_000);
  slot.demand();
  clock.advance(20);
  t.is((await attach(t)).wakeMs, 20);
});
