import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { SnapshotSender } from '../../../../agent-image/src/hub/snapshot-sender.js';
import type { CheckInReply } from '../../../../protocol/messages/agent-calls.js';
import { Problem } from '../../../../protocol/problems/problem.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

const REPLY: CheckInReply = {
  tunnel: 'idle',
  checkInSeconds: 5,
  holdSeconds: 50,
  inactivitySeconds: 300,
  snapshotSeconds: 0,
  snapshotRequest: 0,
  hub: 'hub-1',
};

/** A sender whose hub refuses with these errors, in order, and then accepts. */
function setup(t: ExecutionContext, refusals: Error[] = []) {
  const clock = new FakeClock();
  const state = { sent: 0, isEngineDown: false };
  const sender = new SnapshotSender({
    client: {
      postSnapshot: async () => {
        state.sent++;
        const refusal = refusals.shift();
        if (refusal) throw refusal;
      },
    },
    takeSnapshot: async () => EMPTY_SNAPSHOT,
    isEngineDown: () => state.isEngineDown,
    clock,
    logger: pino({ level: 'silent' }),
  });
  t.teardown(() => sender.stop());
  return { clock, state, sender };
}

test('snapshot sender: serves each request of a hub once, and those of a new hub', async (t) => {
  const { state, sender } = setup(t);
  for (const snapshotRequest of [1, 1, 1]) {
    sender.apply({ ...REPLY, snapshotRequest });
    await turn();
  }
  t.is(state.sent, 1);
  sender.reset();
  sender.apply({ ...REPLY, snapshotRequest: 1 });
  await turn();
  t.is(state.sent, 2);
});

test('snapshot sender: sends at the interval of the hub, except while the engine is down', async (t) => {
  const { clock, state, sender } = setup(t);
  const pass = async () => {
    clock.advance(60_000);
    await turn();
  };
  sender.apply({ ...REPLY, snapshotSeconds: 60 });
  await pass();
  t.is(state.sent, 1);
  state.isEngineDown = true;
  await pass();
  t.is(state.sent, 1);
  sender.apply({ ...REPLY, snapshotSeconds: 0 });
  t.is(clock.pending, 0);
});

test('snapshot sender: requests during a run share the next one', async (t) => {
  const { state, sender } = setup(t);
  for (let count = 0; count < 5; count++) sender.send();
  for (let count = 0; count < 5; count++) await turn();
  t.is(state.sent, 2);
});

test('snapshot sender: a busy hub gets the snapshot after its Retry-After', async (t) => {
  const busy = new Problem('hub-busy', 'later', { status: 503, retryAfterSeconds: 7 });
  const { clock, state, sender } = setup(t, [busy, new Problem('snapshot-malformed', 'no', { status: 400 })]);
  sender.send();
  await turn();
  t.is(clock.nextMs, 7_000);
  clock.advance(7_000);
  await turn();
  t.is(state.sent, 2);
  t.is(clock.pending, 0, 'other refusals are not retried');
});
