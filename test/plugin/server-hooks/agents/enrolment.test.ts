import { randomUUID } from 'node:crypto';
import test from 'ava';
import { joinInstance, makeInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

test('enrolment: binds the Edge ID it was made for and makes the environment online', async (t) => {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  t.is((await hub.view(id)).status, 'new');
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock });
  t.is(agent.client.instanceSecret?.length, 32);
  t.like(await hub.view(id), {
    status: 'online',
    edgeId,
    associatedAt: new Date(clock.now()).toISOString(),
    agent: { instanceId: agent.instance.instanceId, version: '0.0.0', platform: 'linux/amd64' },
  });
});

test('enrolment: an environment without an Edge ID accepts the first one and no other', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeKey } = await hub.createEnvironment({ name: 'one', edgeId: null });
  const first = await joinInstance(t, { edgeId: randomUUID(), edgeKey });
  const second = await makeInstance(t, { edgeId: randomUUID(), edgeKey });
  t.like(await t.throwsAsync(second.enrol()), { code: 'edge-id-mismatch', status: 403 });
  t.like(await hub.view(id), {
    edgeId: first.edgeId,
    status: 'online',
    lastRefusal: { code: 'edge-id-mismatch' },
    problem: { code: 'edge-id-mismatch' },
  });
});

test('enrolment: a wrong Edge ID is refused, and shown while no valid agent is online', async (t) => {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const wrong = await makeInstance(t, { edgeId: randomUUID(), edgeKey, clock });
  await t.throwsAsync(wrong.enrol(), { code: 'edge-id-mismatch' });
  t.like(await hub.view(id), { status: 'refused', lastRefusal: { code: 'edge-id-mismatch' } });
  clock.advance(5 * 60_000 + 1);
  t.like(await hub.view(id), { status: 'new', problem: { code: 'cleartext' } });
  t.is((await hub.view(id)).lastRefusal?.code, 'edge-id-mismatch', 'it stays on record');
});

test('enrolment: a successful one clears the recorded refusal', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const wrong = await makeInstance(t, { edgeId: randomUUID(), edgeKey });
  await t.throwsAsync(wrong.enrol(), { code: 'edge-id-mismatch' });
  await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  t.is((await hub.view(id)).lastRefusal, null);
});

test('enrolment: a wrong secret, another environment and a missing environment get the same answer', async (t) => {
  const hub = await startPlugin(t);
  const one = await hub.createEnvironment({ name: 'one' });
  const two = await hub.createEnvironment({ name: 'two' });
  const edgeId = one.edgeId ?? '';
  const forge = (environmentKey: string) => {
    const parts = Buffer.from(one.edgeKey, 'base64').toString().split('|');
    return Buffer.from([...parts.slice(0, 3), environmentKey].join('|')).toString('base64');
  };
  const secret = Buffer.from(one.edgeKey, 'base64').toString().split('.').at(-1);
  const keys = [`${one.id}.${'A'.repeat(43)}`, `${two.id}.${secret}`, `99.${secret}`].map(forge);
  for (const edgeKey of keys) {
    const stranger = await makeInstance(t, { edgeId, edgeKey });
    t.like(await t.throwsAsync(stranger.enrol()), {
      code: 'agent-unauthorized',
      status: 401,
      message: 'The Edge key or instance is not known here',
    });
  }
  for (const { id } of [one, two]) {
    t.like(await hub.view(id), { status: 'new', lastRefusal: null, lastCheckInAt: null, associatedAt: null });
  }
});

test('enrolment: an agent that is too old is refused with that reason, and shown', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const old = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
  t.like(await t.throwsAsync(old.enrol({ protocol: 0 })), { code: 'agent-too-old', status: 426 });
  t.like(await hub.view(id), { status: 'refused', problem: { code: 'agent-too-old' }, associatedAt: null });
});

test('enrolment: a key that cannot receive a sealed secret binds nothing', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeKey } = await hub.createEnvironment({ name: 'one', edgeId: null });
  const made = await makeInstance(t, { edgeId: randomUUID(), edgeKey });
  // The point of order 1: any agreement with it is known to all.
  const instance = { ...made.instance, publicKey: Buffer.alloc(32).toString('base64url') };
  const bad = await makeInstance(t, { edgeId: made.edgeId, edgeKey, instance });
  t.like(await t.throwsAsync(bad.enrol()), { code: 'instance-key-unusable', status: 400 });
  t.like(await hub.view(id), { edgeId: null, associatedAt: null, agent: null });
});

test('enrolment: a disassociated agent stays out until the key is rotated', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  t.is((await hub.call('DELETE', `/api/environments/${id}/association`)).status, 204);
  await t.throwsAsync(agent.checkIn(), { code: 'agent-unauthorized' });
  t.like(await t.throwsAsync(agent.enrol()), { code: 'association-removed', status: 403 });
  t.like(await hub.view(id), { edgeId: null, status: 'refused', problem: { code: 'association-removed' } });
  const rotated = await hub.call<{ edgeKey: string }>('POST', `/api/environments/${id}/rotate-key`, {
    overlapSeconds: 0,
  });
  await t.throwsAsync(agent.enrol(), { code: 'agent-unauthorized' });
  const { instance } = agent;
  const back = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey: rotated.body.edgeKey, instance });
  t.truthy((await back.checkIn()).reply);
  t.like(await hub.view(id), { edgeId, status: 'online' });
});

test('enrolment: a repeated request is refused, and its answer carries the hub’s time', async (t) => {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const options = { edgeId: edgeId ?? '', edgeKey, clock };
  const agent = await joinInstance(t, options);
  // The same instance restarted in the same millisecond: it learns from the refusal and is accepted.
  const again = await makeInstance(t, { ...options, instance: agent.instance });
  await t.notThrowsAsync(again.enrol());
  t.deepEqual(again.client.instanceSecret, agent.client.instanceSecret);
});

test('enrolment: an agent whose clock is off by two minutes adopts the hub’s time', async (t) => {
  const hub = await startPlugin(t, { clock: new FakeClock() });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  for (const offMs of [-120_000, 120_000]) {
    const clock = new FakeClock(Date.UTC(2030, 0, 1) + offMs);
    const { instance } = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
    await hub.call('DELETE', `/api/environments/${id}/association`);
    const { body } = await hub.call<{ edgeKey: string }>('POST', `/api/environments/${id}/rotate-key`, {
      overlapSeconds: 0,
    });
    const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey: body.edgeKey, clock, instance });
    t.truthy((await agent.checkIn()).reply, `${offMs}`);
  }
});
