import test, { type ExecutionContext } from 'ava';
import type { HubClient } from '../../../agent-image/src/hub-client.js';
import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { startPlugin, type TestPlugin } from '../../helpers/plugin.js';
import { joinInstance, makeInstance } from '../../helpers/test-instance.js';

const FIRST = 'first-boot-00000';
const CLONE = 'clone-boot-00000';
const THIRD = 'third-boot-00000';
/** Two of the default interval's 5 s and then some: nobody who lives is silent for so long. */
const SILENCE_MS = 15_000;

async function setup(t: ExecutionContext, facts: Partial<EnrolRequest> = { boot: FIRST }) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.create({ name: 'one' });
  const agent = { edgeId: edgeId ?? '', edgeKey, clock, engineId: 'engine-1' };
  const first = await joinInstance(t, { ...agent, facts });
  /** A process with the same DATA_DIR, on the same machine or on a clone. */
  const again = (key = edgeKey) => makeInstance(t, { ...agent, edgeKey: key, instance: first.instance });
  return { clock, hub, id, agent, first, again };
}

const duplicate = { code: 'duplicate' };

test('clones: a restart on the same boot is let in at once, and keeps its secret', async (t) => {
  const { first, again } = await setup(t);
  const restarted = await again();
  await restarted.enrol({ boot: FIRST });
  t.deepEqual(secretOf(restarted), secretOf(first));
  t.truthy((await restarted.checkIn()).reply);
});

test('clones: of two machines with one identity the first keeps working and the other is refused', async (t) => {
  const { hub, id, clock, first, again } = await setup(t);
  const clone = await again();
  t.like(await t.throwsAsync(clone.enrol({ boot: CLONE })), { ...duplicate, retryAfterSeconds: 15 });
  clock.advance(5_000);
  t.truthy((await first.checkIn()).reply);
  t.like(await t.throwsAsync(clone.enrol({ boot: CLONE })), { ...duplicate, retryAfterSeconds: 60 });
  clock.advance(3_600_000);
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate, 'barred, even while the first is silent');
  t.truthy((await first.checkIn()).reply);
  t.like(await hub.view(id), { status: 'online', problem: duplicate });
});

test('clones: the held check-in of a machine that lives ends, so that it is heard at once', async (t) => {
  const { first, again } = await setup(t);
  const { etag } = await first.checkIn();
  let hasEnded = false;
  const held = first.checkIn({ wait: 50, ...(etag === undefined ? {} : { etag }) }).then((result) => {
    hasEnded = true;
    return result;
  });
  const clone = await again();
  // It may be a few attempts before the held one has arrived.
  for (let attempt = 0; !hasEnded && attempt < 500; attempt++) {
    await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
  }
  t.true(hasEnded);
  t.is((await held).reply, null);
});

test('clones: a machine that was restarted is let in once its earlier boot has missed a check-in', async (t) => {
  const { clock, first, again } = await setup(t);
  await first.checkIn();
  const restarted = await again();
  await t.throwsAsync(restarted.enrol({ boot: CLONE }), duplicate);
  clock.advance(SILENCE_MS - 1);
  t.like(await t.throwsAsync(restarted.enrol({ boot: CLONE })), { ...duplicate, retryAfterSeconds: 1 });
  clock.advance(1);
  await restarted.enrol({ boot: CLONE });
  t.truthy((await restarted.checkIn()).reply);
  t.notDeepEqual(secretOf(restarted), secretOf(first));
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
});

test('clones: a machine that was silent for long is let in at once after its restart', async (t) => {
  const { clock, again } = await setup(t);
  clock.advance(SILENCE_MS);
  const restarted = await again();
  await t.notThrowsAsync(restarted.enrol({ boot: CLONE }));
});

test('clones: who holds the tunnel is not silent, whatever becomes of its check-ins', async (t) => {
  const { hub, id, clock, first, again } = await setup(t);
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const { tunnel } = await first.open(await first.prove(await first.credential()));
  const clone = await again();
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
  for (let passedMs = 0; passedMs < SILENCE_MS; passedMs += 5_000) {
    clock.advance(5_000);
    t.is(
      (await hub.call('GET', `/api/environments/${id}/docker/_ping`)).status,
      502,
      'no engine, but a tunnel',
    );
  }
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
  tunnel.close('stopping');
  await hub.until(id, (view) => view.tunnel !== 'active');
  await t.notThrowsAsync(clone.enrol({ boot: CLONE }));
});

test('clones: one that took the place of a cut-off machine gives it back when that is in reach again', async (t) => {
  const { hub, id, clock, first, again } = await setup(t);
  clock.advance(SILENCE_MS);
  const clone = await again();
  await clone.enrol({ boot: CLONE });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const { ended } = await clone.open(await clone.prove(await clone.credential()));
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
  await first.enrol({ boot: FIRST });
  t.is(await ended, 'revoked', 'no call goes to the clone any more');
  t.truthy((await first.checkIn()).reply);
  await t.throwsAsync(clone.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
});

test('clones: an admin chooses the other machine, and the first one stays out from then on', async (t) => {
  const { hub, id, clock, first, again } = await setup(t);
  const accept = () => hub.call('POST', `/api/environments/${id}/accept-duplicate`);
  t.like(await accept(), { status: 409, body: { code: 'no-duplicate' } });
  const clone = await again();
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const { ended } = await first.open(await first.prove(await first.credential()));
  t.is((await accept()).status, 200);
  t.is(await ended, 'revoked');
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(first.enrol({ boot: FIRST }), duplicate);
  await clone.enrol({ boot: CLONE });
  t.truthy((await clone.checkIn()).reply);
  clock.advance(3_600_000);
  await t.throwsAsync(first.enrol({ boot: FIRST }), duplicate);
  t.is((await accept()).status, 200, 'and back again');
  await t.notThrowsAsync(first.enrol({ boot: FIRST }));
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
});

test('clones: a restarted hub knows which machine is which, and waits for the first', async (t) => {
  const { hub, clock, agent, first, again } = await setup(t);
  const barred = await again();
  await t.throwsAsync(barred.enrol({ boot: CLONE }), duplicate);
  clock.advance(1);
  await first.checkIn();
  await t.throwsAsync(barred.enrol({ boot: CLONE }), duplicate);
  await hub.stop();
  const restarted = await startPlugin(t, { clock, dataDir: hub.dataDir });
  const key = keyFor(agent.edgeKey, hub, restarted);
  const other = await again(key);
  t.like(await t.throwsAsync(other.enrol({ boot: THIRD })), { ...duplicate, retryAfterSeconds: 45 });
  const clone = await again(key);
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate);
  clock.advance(45_000);
  await t.throwsAsync(clone.enrol({ boot: CLONE }), duplicate, 'barred on disk');
  await t.notThrowsAsync(other.enrol({ boot: THIRD }), 'the first has not come back');
});

test('clones: an agent that cannot tell its boot is weighed as any other, and never barred', async (t) => {
  const { clock, first, again } = await setup(t);
  const untold = await again();
  await t.throwsAsync(untold.enrol(), duplicate);
  clock.advance(5_000);
  await first.checkIn();
  await t.throwsAsync(untold.enrol(), duplicate);
  await t.throwsAsync(untold.enrol(), duplicate);
  clock.advance(SILENCE_MS);
  await t.notThrowsAsync(untold.enrol());
});

test('clones: agents that never told a boot work as before', async (t) => {
  const { again } = await setup(t, {});
  const second = await again();
  await t.notThrowsAsync(second.enrol());
  await t.notThrowsAsync(second.enrol({ boot: FIRST }), 'after an update of the agent');
  t.truthy((await second.checkIn()).reply);
});

function secretOf({ client }: { client: HubClient }): Buffer | null {
  return client.instanceSecret;
}

/** The key as a hub on other ports would have printed it. */
function keyFor(edgeKey: string, before: TestPlugin, after: TestPlugin): string {
  const text = Buffer.from(edgeKey, 'base64').toString();
  return Buffer.from(text.replace(before.url, after.url)).toString('base64');
}
