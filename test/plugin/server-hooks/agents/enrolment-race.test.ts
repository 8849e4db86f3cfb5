import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { codeOf } from '../../../../protocol/problems.js';
import { makeInstance } from '../../../kit/agent/instance.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

const TRIES = 1_000;
const AT_ONCE = 50;

test('race: of two agents that race for an environment without an Edge ID exactly one gets it, 1,000 times', async (t) => {
  t.timeout(300_000);
  // In memory where there is such a folder: it is the race that counts here, not the disk.
  const dataDir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fairlead-race-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const hub = await startPlugin(t, { dataDir });
  const agents = await Promise.all([1, 2].map(() => makeInstance(t, { edgeId: randomUUID(), edgeKey })));
  const instances = agents.map(({ instance }) => instance);
  const wins = new Map([
    ['first', 0],
    ['second', 0],
  ]);

  const attempt = async (n: number) => {
    const created = await hub.createEnvironment({ name: `race-${n}`, edgeId: null });
    const edgeIds = [randomUUID(), randomUUID()];
    const racers = await Promise.all(
      edgeIds.map((edgeId, i) => {
        const instance = instances[i];
        if (!instance) throw new Error('two instances race');
        return makeInstance(t, { edgeId, edgeKey: created.edgeKey, instance });
      }),
    );
    // The one that is called second has its head start every other time.
    if (n % 2 === 1) racers.reverse();
    const results = await Promise.allSettled(
      racers.map(async (racer, i) => {
        // The first one loses its lead of up to three turns of the event loop.
        if (i === 0) for (let turns = n % 4; turns > 0; turns--) await turn();
        return racer.enrol();
      }),
    );
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    const refusals = results.flatMap((result) =>
      result.status === 'rejected' ? [codeOf(result.reason)] : [],
    );
    if (refusals.length !== 1 || refusals[0] !== 'edge-id-mismatch') {
      throw new Error(`race ${n}: refused with ${JSON.stringify(refusals)}`);
    }
    const view = await hub.view(created.id);
    if (view.edgeId !== racers[winner]?.edgeId) throw new Error(`race ${n}: the other one is bound`);
    if (view.agent?.instanceId !== racers[winner]?.instance.instanceId) throw new Error(`race ${n}: agent`);
    const name = winner === 0 ? 'first' : 'second';
    wins.set(name, (wins.get(name) ?? 0) + 1);
  };

  for (let n = 0; n < TRIES; n += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => attempt(n + i)));
  }
  t.is(
    [...wins.values()].reduce((sum, count) => sum + count),
    TRIES,
  );
  t.log(`the one called first won ${wins.get('first')}, the other ${wins.get('second')} of ${TRIES}`);
});

/** Any well-formed key: these two instances are made for their keys on disk only. */
const edgeKey = Buffer.from(
  `https://hub.example/edge|hub.example:8000|${Buffer.alloc(32).toString('base64')}|1.${'A'.repeat(43)}`,
).toString('base64');
