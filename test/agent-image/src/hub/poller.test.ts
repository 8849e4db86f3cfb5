import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Poller } from '../../../../agent-image/src/hub/poller.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { makeInstance } from '../../../kit/agent/instance.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

/** A poller at a hub; `checkedIn` resolves with its first state. */
async function setup(t: ExecutionContext, settings: object) {
  const hub = await startPlugin(t);
  await hub.call('PATCH', '/api/settings', settings);
  const { id, edgeKey, edgeId } = await hub.createEnvironment({ name: 'one', url: hub.url });
  const instance = await makeInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  let reply: () => void = () => undefined;
  const checkedIn = new Promise<void>((resolve) => {
    reply = resolve;
  });
  const poller = new Poller({
    client: instance.client,
    clock: systemClock,
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
    query: () => ({ engine: 'up', tunnel: 'none' }),
    enrol: async () => void (await instance.enrol()),
    onReply: () => reply(),
    onOutcome: () => undefined,
  });
  t.teardown(() => poller.stop());
  return { hub, id, poller, checkedIn };
}

test('poller: a stop ends the held check-in under way', async (t) => {
  const { hub, poller, checkedIn } = await setup(t, { heldCheckIns: true });
  poller.start();
  await checkedIn;
  const [held] = await once(hub.server, 'request');
  t.is(held.headers.prefer, 'wait=50');
  const startedMs = performance.now();
  await poller.stop();
  await poller.stop();
  t.true(performance.now() - startedMs < 5_000);
});

test('poller: a stop ends the pause between two check-ins', async (t) => {
  const { poller, checkedIn } = await setup(t, { heldCheckIns: false, checkInSeconds: 3_600 });
  poller.start();
  await checkedIn;
  await new Promise((resolve) => setImmediate(resolve));
  const startedMs = performance.now();
  await poller.stop();
  t.true(performance.now() - startedMs < 5_000);
});

test('poller: a nudge ends that pause, and the one after the next check-in', async (t) => {
  const { hub, poller, checkedIn } = await setup(t, { heldCheckIns: false, checkInSeconds: 3_600 });
  poller.start();
  await checkedIn;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    const request = once(hub.server, 'request');
    poller.nudge();
    const [{ headers }] = await request;
    t.is(headers['if-none-match'], undefined);
  }
});

test('poller: a change of place during an enrolment is reported by another one', async (t) => {
  const nothing = () => undefined;
  let enrolments = 0;
  let isEnough: () => void = nothing;
  const enough = new Promise<void>((resolve) => {
    isEnough = resolve;
  });
  const poller = new Poller({
    client: {
      checkIn: (_query, _etag, _wait, signal) =>
        new Promise((_resolve, reject) => {
          const end = () => reject(signal.reason);
          if (signal.aborted) end();
          else signal.addEventListener('abort', end);
        }),
    },
    clock: systemClock,
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
    query: () => ({ engine: 'up', tunnel: 'none' }),
    enrol: async () => {
      enrolments++;
      if (enrolments === 1) poller.reenrol();
      else isEnough();
    },
    onReply: nothing,
    onOutcome: nothing,
  });
  t.teardown(() => poller.stop());
  poller.start();
  await enough;
  t.is(enrolments, 2);
});
