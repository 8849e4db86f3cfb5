import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.js';
import { EnvironmentWriter } from './writers/environment-writer.js';
import { SettingsWriter } from './writers/settings-writer.js';
import { TokenWriter } from './writers/token-writer.js';
import { WebhookWriter } from './writers/webhook-writer.js';
import type { Writer } from './writers/writer.js';

/** Set these for more rounds, or for those of an earlier run. */
const ROUNDS = Number(process.env.FAIRLEAD_KILLS ?? 20);
const SEED = Number(process.env.FAIRLEAD_SEED ?? randomInt(2 ** 31));
/** Long enough for a kill to hit any point of a write: a file of this size is written in a few milliseconds. */
const LONGEST_DELAY_MS = 15;

/** Lets all write until `count` writes were acknowledged, and then some; resolves to how many were when the hub died. */
async function writeAndKill(hub: Hub, writers: readonly Writer[], random: SeededRandom): Promise<number> {
  const [count, delayMs] = [random.between(1, 60), random.next() * LONGEST_DELAY_MS];
  let acknowledged = 0;
  let isDying = false;
  const kill = async () => {
    await delay(delayMs);
    isDying = true;
    await hub.child.kill('SIGKILL');
  };
  let killed: Promise<void> | undefined;
  const writeOn = async (writer: Writer) => {
    for (;;) {
      try {
        await writer.write(hub);
      } catch (error) {
        if (isDying) return;
        throw error;
      }
      acknowledged++;
      if (acknowledged === count) killed = kill();
    }
  };
  await Promise.all(writers.map(writeOn));
  await killed;
  return acknowledged;
}

test(`store: ${ROUNDS} times kill -9 of a hub during writes of all kinds, and everything it acknowledged is there`, async (t) => {
  t.timeout((ROUNDS + 1) * 60_000);
  t.log(`FAIRLEAD_SEED=${SEED}`);
  const random = seededRandom(SEED);
  // One for each writer: what the others do meanwhile must not change what it does.
  const own = () => seededRandom(random.between(0, 2 ** 31));
  const ids = new Set<number>();
  const writers: Writer[] = [
    ...Array.from({ length: 6 }, (_, i) => new EnvironmentWriter(`writer-${i}`, own(), ids)),
    new SettingsWriter(own()),
    new TokenWriter(own()),
    new WebhookWriter('webhook-writer', ids),
  ];
  let hub = await startHub(t);
  let acknowledged = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    acknowledged += await writeAndKill(hub, writers, random);
    hub = await startHub(t, { like: hub });
    for (const writer of writers) {
      await t.notThrowsAsync(writer.verify(hub), `round ${round} of FAIRLEAD_SEED=${SEED}`);
    }
  }
  t.log(`${ROUNDS} kills, ${acknowledged} acknowledged writes, ${ids.size} ids`);
});
