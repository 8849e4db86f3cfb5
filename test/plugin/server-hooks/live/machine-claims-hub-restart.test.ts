import test from 'ava';
import { startPlugin, type TestPlugin } from '../../../kit/hub/plugin.js';
import { cloned, early, Machine, meet, setup } from './machine-claims-setup.js';

test('clones: a restarted hub knows which machine is which, and waits for the first', async (t) => {
  const { hub, clock, agent, first, again, clone } = await setup(t);
  const other = await clone();
  await meet(t, clock, first, other);
  await hub.stop();
  const restarted = await startPlugin(t, { clock, dataDir: hub.dataDir });
  const key = keyFor(agent.edgeKey, hub, restarted);
  const met = new Machine('clone', await again(key), other.mark);
  await t.throwsAsync(met.enrol(), cloned);
  const returning = new Machine('first', await again(key), first.mark);
  returning.reboot();
  t.like(await t.throwsAsync(returning.enrol()), { ...early, retryAfterSeconds: 45 });
  clock.advance(45_000);
  await t.throwsAsync(met.enrol(), cloned);
  await t.notThrowsAsync(returning.enrol());
});

test('clones: without held check-ins a restarted hub waits for one interval', async (t) => {
  const { hub, clock, agent, first, again } = await setup(t, { checkInSeconds: 600 });
  await hub.call('PATCH', '/api/settings', { heldCheckIns: false });
  await hub.stop();
  const restarted = await startPlugin(t, { clock, dataDir: hub.dataDir });
  const returning = new Machine('first', await again(keyFor(agent.edgeKey, hub, restarted)), first.mark);
  returning.reboot();
  await t.throwsAsync(returning.enrol(), early);
  clock.advance(609_999);
  await t.throwsAsync(returning.enrol(), early);
  clock.advance(1);
  await t.notThrowsAsync(returning.enrol());
});

/** The key as a hub on other ports would have printed it. */
function keyFor(edgeKey: string, before: TestPlugin, after: TestPlugin): string {
  const text = Buffer.from(edgeKey, 'base64').toString();
  return Buffer.from(text.replace(before.url, after.url)).toString('base64');
}
