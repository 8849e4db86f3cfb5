import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { CheckInAnswer } from '../../../../plugin/server-hooks/agents/check-ins.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { type CheckInBench, checkInBench } from '../../../kit/hub/check-in-bench.js';

const RACES = 10_000;
/** Real time an answer may take, which is to seal a credential; a lost one never arrives, since the clock does not move. */
const LOST_MS = 5_000;

/** Waits up to `n` steps: none, turns of the microtask queue, or turns of the event loop. */
async function jitter(n: number): Promise<void> {
  for (let i = n % 4; i > 0; i--) await null;
  for (let i = Math.floor(n / 4) % 3; i > 0; i--) await turn();
}

async function within(answer: Promise<CheckInAnswer>): Promise<CheckInAnswer | 'lost'> {
  const stop = new AbortController();
  const late = delay(LOST_MS, 'lost' as const, { signal: stop.signal }).catch(() => 'lost' as const);
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop.abort();
  }
}

/** Forgets demand and credentials; returns the state tag that an idle agent has. */
async function idleTag(bench: CheckInBench): Promise<string> {
  bench.live.tunnels.slot().closeIdle();
  bench.live.credentials.revoke();
  const { etag, body } = await bench.checkIn();
  if (body?.tunnel !== 'idle') throw new Error('not idle');
  return etag;
}

test('check-in: a demand at any moment reaches a held one, 10,000 races', async (t) => {
  t.timeout(120_000);
  const bench = checkInBench(new FakeClock());
  let [immediate, woken, lost] = [0, 0, 0];
  for (let n = 0; n < RACES; n++) {
    const etag = await idleTag(bench);
    const [holdLate, demandLate] = [(n * 7) % 12, (n * 5 + 3) % 12];
    let demanded = false;
    const hold = jitter(holdLate).then(() => {
      if (demanded) immediate++;
      else woken++;
      return bench.checkIn({ etag, waitSeconds: 50 });
    });
    const demand = jitter(demandLate).then(() => {
      demanded = true;
      bench.live.tunnels.slot().demand();
    });
    if (n % 2 === 0) await demand;
    const answer = await within(hold);
    await demand;
    if (answer === 'lost' || !answer.body?.credential) lost++;
  }
  t.is(lost, 0);
  t.true(immediate > 1_000 && woken > 1_000, `both orders occurred: ${immediate} and ${woken}`);
  t.log(`${immediate} demands arrived before the hold, ${woken} after it; lost: ${lost}`);
});

test('check-in: a demand at any moment reaches the next plain one at the latest, 10,000 races', async (t) => {
  t.timeout(120_000);
  const bench = checkInBench(new FakeClock());
  let [first, second, lost] = [0, 0, 0];
  for (let n = 0; n < RACES; n++) {
    const etag = await idleTag(bench);
    const plain = jitter((n * 7) % 12).then(() => bench.checkIn({ etag }));
    const demand = jitter((n * 5 + 3) % 12).then(() => bench.live.tunnels.slot().demand());
    const [answer] = await Promise.all([within(plain), demand]);
    if (answer !== 'lost' && answer.body?.credential) {
      first++;
      continue;
    }
    const known = answer === 'lost' ? undefined : answer.etag;
    const next = await within(bench.checkIn({ etag: known }));
    if (next !== 'lost' && next.body?.credential) second++;
    else lost++;
  }
  t.is(lost, 0);
  t.true(first > 1_000 && second > 1_000, `both orders occurred: ${first} and ${second}`);
  t.log(`${first} by the racing check-in, ${second} by the next; lost: ${lost}`);
});

test('check-in: a demand that races with a new hold replacing the old one is not lost, 10,000 races', async (t) => {
  t.timeout(120_000);
  const bench = checkInBench(new FakeClock());
  let [byOld, byNew, lost] = [0, 0, 0];
  for (let n = 0; n < RACES; n++) {
    const etag = await idleTag(bench);
    const disconnect = new AbortController();
    const old = bench.checkIn({ etag, waitSeconds: 50, signal: disconnect.signal });
    old.catch(() => undefined);
    const renewal = jitter((n * 7) % 12).then(() => {
      // The agent abandons the old one; its connection ends before, with or after the new one.
      if (n % 3 === 0) disconnect.abort();
      const next = bench.checkIn({ etag: n % 2 === 0 ? etag : undefined, waitSeconds: 50 });
      if (n % 3 === 1) disconnect.abort();
      return next;
    });
    const demand = jitter((n * 5 + 3) % 12).then(() => bench.live.tunnels.slot().demand());
    await demand;
    const answer = await within(renewal);
    disconnect.abort();
    if (answer === 'lost') lost++;
    else if (answer.body?.credential) byNew++;
    else {
      // The old hold received the credential, or the new one was answered before the demand.
      byOld++;
      const next = await within(bench.checkIn({ query: { tunnel: 'none' } }));
      if (next === 'lost' || !next.body?.credential) lost++;
    }
  }
  t.is(lost, 0);
  t.log(`${byNew} by the new hold, ${byOld} by the check-in after it; lost: ${lost}`);
});
