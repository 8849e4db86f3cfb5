import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { CheckInResult } from '../../../../agent-image/src/hub/client.js';
import { Poller } from '../../../../agent-image/src/hub/poller.js';
import { createLogger } from '../../../../agent-image/src/log.js';
import type { CheckInReply } from '../../../../protocol/messages/agent-calls.js';
import { problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const REPLY: CheckInReply = {
  tunnel: 'idle',
  checkInSeconds: 5,
  holdSeconds: 50,
  inactivitySeconds: 300,
  snapshotSeconds: 300,
  snapshotRequest: 0,
  hub: 'hub-1',
};

/** The outcome of a check-in: an answer, or an error, after `afterMs` on the clock. */
interface Outcome {
  readonly reply?: CheckInReply | null;
  readonly error?: Error;
  readonly afterMs?: number;
  /** The reply is the state that the agent knows. */
  readonly isKnown?: boolean;
}

/** A poller whose check-ins follow the script; the last outcome repeats. Chance is always one half. */
function setup(t: ExecutionContext, script: Outcome[]) {
  const clock = new FakeClock();
  const lines: { code?: string; msg: string }[] = [];
  const logger = createLogger(
    { logLevel: 'info', logFormat: 'json' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const waits: number[] = [];
  let enrolments = 0;
  let tags = 0;
  const poller = new Poller({
    client: {
      checkIn: async (_query, _etag, waitSeconds, signal): Promise<CheckInResult> => {
        waits.push(waitSeconds);
        const outcome = script.length > 1 ? script.shift() : script[0];
        const { reply = null, error, afterMs = 0, isKnown = false } = outcome ?? {};
        if (afterMs > 0) {
          await new Promise<void>((resolve, reject) => {
            clock.after(afterMs, resolve);
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        }
        if (error) throw error;
        // Each state has its own tag.
        if (reply && !isKnown) tags++;
        return { reply, etag: `"${tags}"` };
      },
    },
    clock,
    random: () => 0.5,
    logger,
    query: () => ({ engine: 'up', tunnel: 'none' }),
    enrol: async () => {
      enrolments++;
    },
    onReply: () => undefined,
    onOutcome: () => undefined,
  });
  t.teardown(() => poller.stop());
  /** Lets the loop settle. */
  const settle = async () => {
    for (let i = 0; i < 10; i++) await turn();
  };
  /** The pause the loop is in, ms, which it then skips. */
  const pause = async () => {
    await settle();
    const ms = clock.nextMs ?? Number.NaN;
    clock.advance(ms);
    await settle();
    return ms;
  };
  poller.start();
  return { clock, poller, lines, waits, settle, pause, enrolments: () => enrolments };
}

const unreachable = problem('hub-unreachable');
const refused = problem('edge-id-mismatch');

test('poller: failures back off with full jitter up to 20 s, and are logged once', async (t) => {
  const { pause, lines } = setup(t, [{ error: unreachable }]);
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) pauses.push(await pause());
  t.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  t.is(lines.filter(({ code }) => code === 'hub-unreachable').length, 1);
});

test('poller: refusals that a person must mend back off up to a minute, and no less than the hub asks', async (t) => {
  const { pause } = setup(t, [{ error: refused }]);
  let last = 0;
  for (let i = 0; i < 12; i++) last = await pause();
  t.is(last, 30_000);
  const patient = problem('duplicate', { retryAfterSeconds: 10 });
  t.is(await setup(t, [{ error: patient }]).pause(), 10_250);
});

test('poller: one success ends the backoff', async (t) => {
  const { pause, waits } = setup(t, [
    { error: unreachable },
    { error: unreachable },
    { reply: { ...REPLY, holdSeconds: 0 } },
    { error: unreachable },
  ]);
  t.deepEqual([await pause(), await pause(), await pause(), await pause()], [250, 500, 5_000, 250]);
  t.deepEqual(waits, [0, 0, 0, 0, 0]);
});

test('poller: an agent that the hub does not know any more enrols again', async (t) => {
  const forgotten = problem('agent-unauthorized');
  const { pause, enrolments } = setup(t, [{ error: forgotten }, { reply: REPLY }, { afterMs: 50_000 }]);
  await pause();
  t.is(enrolments(), 2);
});

test('poller: the next hold follows an answer immediately', async (t) => {
  const { waits, settle, clock } = setup(t, [
    { reply: REPLY, afterMs: 20 },
    { reply: null, afterMs: 50_000 },
  ]);
  await settle();
  clock.advance(20);
  await settle();
  t.deepEqual(waits, [0, 50]);
  clock.advance(50_000);
  await settle();
  t.deepEqual(waits, [0, 50, 50]);
});

test('poller: holds that something answers in the hub’s place do not make it spin', async (t) => {
  const { pause, waits } = setup(t, [{ reply: REPLY }, { reply: null }]);
  t.is(await pause(), 20, 'the least there is');
  t.is(await pause(), 5_000);
  t.is(await pause(), 5_000);
  t.deepEqual(waits.slice(0, 3), [0, 50, 50]);
});

test('poller: a hub with a change at each check-in is asked 50 times a second at most', async (t) => {
  const { waits, settle, clock } = setup(t, [{ reply: REPLY }]);
  for (let i = 0; i < 50; i++) {
    await settle();
    clock.advance(20);
  }
  await settle();
  t.is(waits.length, 51);
});

test('poller: repeated cuts after 3 s are logged once, and check-ins are not held', async (t) => {
  const cut: Outcome = { error: unreachable, afterMs: 3_000 };
  const plain: Outcome = { reply: null };
  const { pause, waits, lines } = setup(t, [{ reply: REPLY }, cut, plain, cut, plain, cut, plain]);
  t.is(await pause(), 20, 'the least there is');
  for (const _ of [1, 2]) {
    t.is(await pause(), 3_000, 'the hold');
    t.is(await pause(), 250, 'the pause after the cut');
    t.is(await pause(), 20, 'the plain check-in: the next one is held again');
  }
  t.is(await pause(), 3_000, 'the hold');
  t.is(await pause(), 250, 'the pause after the cut');
  t.is(await pause(), 5_000);
  t.is(await pause(), 5_000);
  t.deepEqual(waits.slice(0, 8), [0, 50, 0, 50, 0, 50, 0, 0]);
  t.is(lines.filter(({ code }) => code === 'hold-cut').length, 1);
});

test('poller: backs off from a copy of itself, longer each time, and logs it once', async (t) => {
  const superseded = problem('check-in-superseded');
  const { pause, poller, lines, clock } = setup(t, [{ error: superseded }]);
  t.is(poller.problem, null);
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) pauses.push(await pause());
  t.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  t.is(poller.problem, 'duplicate');
  t.is(lines.filter(({ code }) => code === 'check-in-superseded').length, 1);
  await poller.stop();
  clock.advance(3 * 60_000);
  t.is(poller.problem, null);
});

const forged = problem('hub-answer-forged');
const unknown = problem('agent-unauthorized');
const known: Outcome = { reply: { ...REPLY }, isKnown: true };
/** What an attacker in the hub's place can do repeatedly. */
const ATTACKS: Record<string, Outcome[]> = {
  'invents answers': [{ error: forged }],
  'invents answers to every other check-in': [{ error: forged }, { reply: REPLY }],
  'forges that the agent is unknown': [{ error: unknown }],
  'forges it at every other check-in': [{ error: unknown }, { reply: REPLY }],
  'strips that the state is known': [{ reply: REPLY }, known, known, known, known, known],
  'strips that the answer may wait': [{ reply: REPLY }, { reply: null }, { reply: null }, { reply: null }],
};
for (const [what, rounds] of Object.entries(ATTACKS)) {
  test(`poller: an attacker that ${what} causes no more than the backoff`, async (t) => {
    const { pause, waits, enrolments } = setup(t, Array.from({ length: 2_000 }, () => rounds).flat());
    const TEN_MINUTES_MS = 600_000;
    for (let passedMs = 0; passedMs < TEN_MINUTES_MS; ) passedMs += await pause();
    t.true(waits.length <= 240, `${waits.length} check-ins in ten minutes`);
    t.true(enrolments() <= 100, `${enrolments()} enrolments`);
  });
}

test('poller: answers that are forged are its problem for a while, whatever comes in between', async (t) => {
  const { pause, poller, clock } = setup(t, [{ error: forged }, { reply: REPLY }, { afterMs: 50_000 }]);
  await pause();
  await pause();
  t.is(poller.problem, 'hub-answer-forged');
  await poller.stop();
  clock.advance(3 * 60_000);
  t.is(poller.problem, null);
});
