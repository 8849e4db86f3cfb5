import test from 'ava';
import { cloned, early, meet, setup } from './machine-claims-setup.js';

/** Longer than any machine that works is silent at the default interval, ms. */
const SILENCE_MS = 15_000;
const DAY_MS = 86_400_000;

test('clones: an admin chooses the other machine, and the first one is refused from then on', async (t) => {
  const { clock, instance, first, clone, accept, openTunnel } = await setup(t);
  t.like(await accept(), { status: 409, body: { code: 'no-clone' } });
  const other = await clone();
  await t.throwsAsync(other.enrol(), early);
  const { ended } = await openTunnel(instance);
  t.is((await accept()).status, 200);
  t.is(await ended, 'revoked');
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(first.enrol(), cloned);
  await other.enrol();
  await t.notThrowsAsync(other.checkIn());
  clock.advance(DAY_MS);
  first.reboot();
  await t.throwsAsync(first.enrol(), cloned);
  other.reboot();
  await t.notThrowsAsync(other.enrol());
  await t.throwsAsync(first.enrol(), cloned, 'every retry is refused');
  t.is((await accept()).status, 200, 'and back again');
  await t.notThrowsAsync(first.enrol());
  await t.throwsAsync(other.enrol(), cloned);
});

test('clones: one that has not asked for five minutes cannot be chosen', async (t) => {
  const { hub, id, clock, first, clone, accept } = await setup(t);
  const other = await clone();
  await meet(t, clock, first, other);
  t.is(
    (await hub.view(id)).problem?.code,
    'machine-cloned',
    'another enrolment of the first changes nothing',
  );
  clock.advance(300_001);
  await first.checkIn();
  t.like(await accept(), { status: 409, body: { code: 'no-clone' } });
  await t.throwsAsync(other.enrol(), cloned);
  t.is((await accept()).status, 200);
  t.is((await hub.view(id)).lastRefusal, null);
});

test('clones: one whose engine has another id can be chosen, too', async (t) => {
  const { clock, first, clone, accept } = await setup(t);
  const other = await clone('clone', 'engine-2');
  await meet(t, clock, first, other);
  t.is((await accept()).status, 200);
  clock.advance(2 * SILENCE_MS);
  await t.notThrowsAsync(other.enrol());
});
