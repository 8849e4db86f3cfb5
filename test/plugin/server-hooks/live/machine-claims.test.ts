import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import { joinInstance, makeInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { cloned, early, Machine, meet, setup } from './machine-claims-setup.js';

/** Longer than any machine that works is silent at the default interval, ms. */
const SILENCE_MS = 15_000;
const DAY_MS = 86_400_000;

test('clones: a restart on the same boot is accepted immediately and keeps its secret', async (t) => {
  const { first, instance, again } = await setup(t);
  const restarted = await again();
  await restarted.enrol({ boot: first.boot });
  t.deepEqual(restarted.client.instanceSecret, instance.client.instanceSecret);
  await t.notThrowsAsync(restarted.checkIn());
});

test('clones: of two machines with one identity the first keeps working and the other is refused', async (t) => {
  const { hub, id, clock, first, clone } = await setup(t);
  const other = await clone();
  await meet(t, clock, first, other);
  clock.advance(DAY_MS);
  await t.throwsAsync(other.enrol(), cloned, 'even while the first is silent');
  await t.notThrowsAsync(first.checkIn());
  t.like(await hub.view(id), { status: 'online', problem: { code: 'machine-cloned' } });
});

test('clones: after a power cut for both the first keeps its place, in either order of return', async (t) => {
  const { clock, first, clone } = await setup(t);
  const other = await clone();
  await meet(t, clock, first, other);
  for (let round = 0; round < 3; round++) {
    clock.advance(3_600_000);
    other.reboot();
    first.reboot();
    await t.throwsAsync(other.enrol(), cloned);
    await t.notThrowsAsync(first.enrol());
    await t.notThrowsAsync(first.checkIn());
  }
});

test('clones: the held check-in of a running machine ends, so that it reports immediately', async (t) => {
  const { instance, clone } = await setup(t, { checkInSeconds: 3_600 });
  const { etag } = await instance.checkIn();
  let hasEnded = false;
  const held = instance.checkIn({ wait: 50, ...(etag === undefined ? {} : { etag }) }).then((result) => {
    hasEnded = true;
    return result;
  });
  const other = await clone();
  // It may be a few attempts before the held one has arrived.
  for (let attempt = 0; !hasEnded && attempt < 500; attempt++) await t.throwsAsync(other.enrol(), early);
  t.true(hasEnded);
  t.is((await held).reply, null);
});

test('clones: a restarted machine is accepted once its earlier boot has missed a check-in', async (t) => {
  const { clock, first, instance, again } = await setup(t);
  await first.checkIn();
  const restarted = new Machine('first', await again(), first.mark);
  restarted.reboot();
  t.like(await t.throwsAsync(restarted.enrol()), { ...early, retryAfterSeconds: 15 });
  clock.advance(SILENCE_MS - 1);
  t.like(await t.throwsAsync(restarted.enrol()), { ...early, retryAfterSeconds: 1 });
  clock.advance(1);
  await restarted.enrol();
  await t.notThrowsAsync(restarted.checkIn());
  t.not(restarted.mark, first.mark);
  await t.throwsAsync(instance.checkIn(), { code: 'agent-unauthorized' });
});

test('clones: with a long interval a machine that lost power in a held check-in waits for ten seconds', async (t) => {
  const { clock, instance, first } = await setup(t, { checkInSeconds: 86_400 });
  const { etag } = await instance.checkIn();
  const disconnect = new AbortController();
  const held = instance
    .checkIn({ wait: 50, signal: disconnect.signal, ...(etag === undefined ? {} : { etag }) })
    .catch(() => undefined);
  first.reboot();
  let refusal: { retryAfterSeconds?: number } = {};
  // Until the held one has arrived its interval counts, and no pause is longer than a minute.
  for (let attempt = 0; refusal.retryAfterSeconds !== 10 && attempt < 500; attempt++) {
    refusal = (await t.throwsAsync(first.enrol(), early)) as object;
    t.true([10, 60].includes(refusal.retryAfterSeconds ?? 0));
    first.reboot();
  }
  disconnect.abort();
  await held;
  await t.throwsAsync(first.enrol(), early);
  clock.advance(10_000);
  t.pass();
});

test('clones: a machine that was silent for long is accepted immediately after its restart', async (t) => {
  const { clock, first } = await setup(t);
  clock.advance(SILENCE_MS);
  first.reboot();
  await t.notThrowsAsync(first.enrol());
});

test('clones: an agent with an open tunnel is not silent, even without check-ins', async (t) => {
  const { hub, id, clock, instance, clone, openTunnel } = await setup(t);
  const { tunnel } = await openTunnel(instance);
  const other = await clone();
  await t.throwsAsync(other.enrol(), early);
  for (let passedMs = 0; passedMs < SILENCE_MS; passedMs += 5_000) {
    clock.advance(5_000);
    t.is(
      (await hub.call('GET', `/api/environments/${id}/docker/_ping`)).status,
      502,
      'no engine, but a tunnel',
    );
  }
  await t.throwsAsync(other.enrol(), early);
  tunnel.close('stopping');
  await hub.until(id, (view) => view.tunnel !== 'active');
  await t.notThrowsAsync(other.enrol());
});

test('clones: one that replaced an unreachable machine yields when that is reachable again', async (t) => {
  const { clock, first, again, openTunnel } = await setup(t);
  clock.advance(SILENCE_MS);
  const agent = await again();
  const other = new Machine('clone', agent, first.mark);
  await other.enrol();
  const { ended } = await openTunnel(agent);
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
  await first.enrol();
  t.is(await ended, 'revoked', 'no call goes to the clone any more');
  await t.notThrowsAsync(first.checkIn());
  await t.throwsAsync(other.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(other.enrol(), cloned);
  clock.advance(DAY_MS);
  await t.throwsAsync(other.enrol(), cloned);
});

test('clones: a machine and its standby take turns, each while the other is off', async (t) => {
  const { clock, first, clone } = await setup(t);
  const standby = await clone();
  for (let turn = 0; turn < 3; turn++) {
    clock.advance(3_600_000);
    await t.notThrowsAsync(standby.enrol());
    clock.advance(3_600_000);
    await t.notThrowsAsync(first.enrol());
  }
});

test('clones: an agent that cannot report its boot is treated like any other, and never locked out for good', async (t) => {
  const { clock, instance, again } = await setup(t);
  const other = await again();
  await t.throwsAsync(other.enrol(), early);
  clock.advance(5_000);
  await instance.checkIn();
  await t.throwsAsync(other.enrol(), cloned);
  clock.advance(SILENCE_MS);
  await t.notThrowsAsync(other.enrol(), 'without a boot each time is another trial');
});

test('clones: an agent that cannot report its boot waits for a long interval each time', async (t) => {
  const { clock, instance, again } = await setup(t, { checkInSeconds: 600 });
  const other = await again();
  await t.throwsAsync(other.enrol(), early);
  clock.advance(600_000);
  await instance.checkIn();
  await t.throwsAsync(other.enrol(), cloned);
  clock.advance(600_000);
  t.like(await t.throwsAsync(other.enrol()), { ...early, retryAfterSeconds: 10 });
  await t.notThrowsAsync(instance.checkIn());
});

test('clones: an agent that reports a boot for the first time gets a secret that no clone knows', async (t) => {
  const { hub } = await setup(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'two' });
  const before = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock: new FakeClock() });
  t.is((await before.enrol()).mark, undefined);
  const known = before.client.instanceSecret;
  t.truthy((await before.enrol({ boot: 'updated-00000000' })).mark);
  t.notDeepEqual(before.client.instanceSecret, known);
  await t.notThrowsAsync(before.checkIn());
});

test('clones: swaps and returns do not affect other nodes', async (t) => {
  const { hub, id, clock, agent, openTunnel } = await setup(t);
  const stored = async (): Promise<Environment> =>
    JSON.parse(await readFile(join(hub.dataDir, 'fairlead.json'), 'utf8')).environments.find(
      (one: Environment) => one.id === id,
    );
  const node = (nodeId: string, role: 'manager' | 'worker') => ({
    swarmId: role === 'manager' ? 'swarm' : '',
    nodeId,
    name: nodeId,
    role,
  });
  const manager = await makeInstance(t, { ...agent, engineId: 'engine-m' });
  clock.advance(DAY_MS);
  await manager.enrol({ node: node('m', 'manager') });
  const worker = await makeInstance(t, { ...agent, engineId: 'engine-w' });
  await worker.enrol({ node: node('w', 'worker'), boot: 'worker-000000000' });
  const { ended } = await openTunnel(manager);
  const { generation } = await stored();
  for (let turn = 0; turn < 3; turn++) {
    for (let passedMs = 0; passedMs < SILENCE_MS; passedMs += 5_000) {
      clock.advance(5_000);
      await hub.call('GET', `/api/environments/${id}/docker/_ping`);
    }
    for (const boot of ['worker-000000001', 'worker-000000000']) {
      await worker.enrol({ node: node('w', 'worker'), boot }).catch(() => undefined);
    }
  }
  t.is((await stored()).generation, generation);
  t.is(await Promise.race([ended, Promise.resolve('open')]), 'open');
});
