import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { codeOf } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { checkInBench } from '../../../kit/hub/check-in-bench.js';

function setup() {
  const clock = new FakeClock();
  const bench = checkInBench(clock);
  return { clock, bench };
}

test('check-in: sends the state once, then reports no change', async (t) => {
  const { bench } = setup();
  const first = await bench.checkIn();
  t.deepEqual(first.body, {
    tunnel: 'idle',
    checkInSeconds: 5,
    holdSeconds: 50,
    inactivitySeconds: 300,
    snapshotSeconds: 300,
    snapshotRequest: 0,
    hub: 'boot',
  });
  t.deepEqual(await bench.checkIn({ etag: first.etag }), { etag: first.etag, body: null });
});

test('check-in: a hold without a change ends after its wait, or after the hub’s maximum', async (t) => {
  const { bench, clock } = setup();
  const { etag } = await bench.checkIn();
  for (const [offered, granted] of [
    [20, 20],
    [3_600, 50],
  ] as const) {
    const hold = bench.checkIn({ etag, waitSeconds: offered });
    let isOver = false;
    void hold.then(() => {
      isOver = true;
    });
    clock.advance(granted * 1_000 - 1);
    await turn();
    t.false(isOver);
    clock.advance(1);
    t.is((await hold).body, null);
  }
  t.is(clock.pending, 0);
});

test('check-in: a changed setting ends a hold with the new state', async (t) => {
  const { bench, clock } = setup();
  const { etag } = await bench.checkIn();
  const hold = bench.checkIn({ etag, waitSeconds: 50 });
  bench.settings = { ...bench.settings, checkInSeconds: 60 };
  bench.environments.wakeAll();
  clock.advance(1);
  t.like(await hold, { body: { checkInSeconds: 60 } });
});

test('check-in: without held check-ins each is answered immediately', async (t) => {
  const { bench, clock } = setup();
  bench.settings = { ...bench.settings, heldCheckIns: false };
  const { etag, body } = await bench.checkIn({ waitSeconds: 50 });
  t.is(body?.holdSeconds, 0);
  t.is((await bench.checkIn({ etag, waitSeconds: 50 })).body, null);
  t.is(clock.pending, 0);
});

test('check-in: the newest hold of an instance ends the older one', async (t) => {
  const { bench, clock } = setup();
  const { etag } = await bench.checkIn();
  const older = bench.checkIn({ etag, waitSeconds: 50 });
  const newer = bench.checkIn({ etag, waitSeconds: 50 });
  t.like(await t.throwsAsync(older), { code: 'check-in-superseded', status: 409 });
  bench.live.tunnels.slot().demand();
  t.truthy((await newer).body?.credential);
  t.is(clock.pending, 1, 'the tunnel is waited for, and nothing else');
});

test('check-in: a held one gets no credential once its key has expired', async (t) => {
  const clock = new FakeClock();
  const bench = checkInBench(clock, new Date(clock.now() + 10_000).toISOString());
  const { etag } = await bench.checkIn();
  const early = bench.checkIn({ etag, waitSeconds: 50 });
  bench.live.tunnels.slot().demand();
  t.truthy((await early).body?.credential);
  clock.advance(9_000);
  const late = bench.checkIn({ etag: (await bench.checkIn()).etag, waitSeconds: 50 });
  clock.advance(2_000);
  bench.environments.wakeAll();
  clock.advance(1);
  t.like(await t.throwsAsync(late), { code: 'agent-unauthorized', status: 401 });
});

test('check-in: a required tunnel without a handshake gets a fresh credential after 3 s', async (t) => {
  const { bench, clock } = setup();
  bench.live.tunnels.slot().demand();
  const first = await bench.checkIn();
  t.truthy(first.body?.credential);
  const soon = await bench.checkIn({ etag: first.etag });
  t.is(soon.body, null, 'it is about to dial');
  const hold = bench.checkIn({ etag: first.etag, waitSeconds: 50 });
  clock.advance(3_001);
  const later = await hold;
  t.truthy(later.body?.credential);
  t.not(later.body?.credential, first.body?.credential);
});

test('check-in: an agent that lost the answer gets a new credential immediately; one that is opening does not', async (t) => {
  const { bench } = setup();
  bench.live.tunnels.slot().demand();
  t.truthy((await bench.checkIn()).body?.credential);
  t.falsy((await bench.checkIn({ query: { tunnel: 'opening' } })).body?.credential);
  t.truthy((await bench.checkIn({ query: { tunnel: 'none' } })).body?.credential);
});

test('check-in: a hold whose connection closed uses up no credential', async (t) => {
  const { bench, clock } = setup();
  const { etag } = await bench.checkIn();
  const disconnect = new AbortController();
  const hold = bench.checkIn({ etag, waitSeconds: 50, signal: disconnect.signal });
  disconnect.abort();
  await hold;
  t.is(clock.pending, 0);
  bench.live.tunnels.slot().demand();
  t.truthy((await bench.checkIn({ etag })).body?.credential);
});

test('check-in: a hub that stops ends all holds and says so', async (t) => {
  const { bench, clock } = setup();
  const { etag } = await bench.checkIn();
  const hold = bench.checkIn({ etag, waitSeconds: 50 });
  bench.environments.stop();
  bench.environments.stop();
  t.is(codeOf(await t.throwsAsync(hold)), 'hub-stopping');
  t.is(clock.pending, 0);
});

test('check-in: an agent is online while its hold is open, and for two intervals and ten seconds after', async (t) => {
  const { bench, clock } = setup();
  const [instance] = bench.environment.instances;
  const isLive = () => bench.live.presence.isLive(instance?.id ?? '');
  const { etag } = await bench.checkIn();
  const hold = bench.checkIn({ etag, waitSeconds: 50 });
  clock.advance(49_999);
  t.true(isLive());
  clock.advance(1);
  await hold;
  clock.advance(20_000);
  t.true(isLive());
  clock.advance(1);
  t.false(isLive());
});

test('check-in: a broken hold counts from the moment its connection ended', async (t) => {
  const { bench, clock } = setup();
  const [instance] = bench.environment.instances;
  const { etag } = await bench.checkIn();
  const disconnect = new AbortController();
  const hold = bench.checkIn({ etag, waitSeconds: 50, signal: disconnect.signal });
  clock.advance(30_000);
  disconnect.abort();
  await hold;
  clock.advance(20_001);
  t.false(bench.live.presence.isLive(instance?.id ?? ''), 'not until the 50 s are over');
});
