import test from 'ava';
import { ANSWER_PROOF } from '../../../../protocol/crypto/answer-proof.js';
import { makeInstance } from '../../../kit/agent/instance.js';
import { startAnswerRelay } from '../../../kit/fault/answer-relay.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

test('agent calls: every answer to a known agent has a proof, refusals and 304 included', async (t) => {
  const relay = await startAnswerRelay(t);
  const hub = await startPlugin(t);
  relay.target = new URL(hub.url).origin;
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', url: `${relay.url}/edge` });
  const agent = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const proven: string[] = [];
  const unproven: string[] = [];
  relay.change = (answer) => {
    const { code = '' } = answer.body.length > 0 ? JSON.parse(`${answer.body}`) : {};
    (answer.headers[ANSWER_PROOF] ? proven : unproven).push(`${answer.status} ${code}`.trim());
    return answer;
  };
  const mismatched = await makeInstance(t, { edgeId: '7f3c1c8e-5a53-4f0b-9d1c-0d7c5e1b2a3f', edgeKey });
  await agent.enrol();
  await t.throwsAsync(mismatched.enrol(), { code: 'edge-id-mismatch' });
  const other = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
  await t.throwsAsync(other.enrol(), { code: 'duplicate' });
  const { etag } = await agent.checkIn();
  await agent.checkIn({ ...(etag && { etag }) });
  await t.throwsAsync(agent.checkIn({ query: { engine: 'nonsense' as 'up' } }), { code: 'bad-request' });
  await agent.client.postSnapshot(EMPTY_SNAPSHOT);
  await t.throwsAsync(agent.client.postSnapshot(EMPTY_SNAPSHOT), { code: 'snapshot-too-soon' });
  await t.throwsAsync(agent.client.postIdle('none', null), { code: 'tunnel-unknown' });
  await t.throwsAsync(agent.client.postSwarm({ swarmId: 's', nodes: [] }), { code: 'manager-unconfirmed' });
  const expected = ['200', '403 edge-id-mismatch', '409 duplicate', '200', '304', '400 bad-request', '204'];
  t.deepEqual(proven, [
    ...expected,
    '429 snapshot-too-soon',
    '404 tunnel-unknown',
    '403 manager-unconfirmed',
  ]);
  t.deepEqual(unproven, []);
});

test('agent calls: the refusal of an unknown agent carries no proof', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
  await agent.enrol();
  for (const [method, path] of [
    ['GET', '/agent/check-in'],
    ['POST', '/agent/enrol'],
    ['POST', '/agent/idle'],
  ] as const) {
    const response = await fetch(`${hub.url}${path}`, { method });
    t.is(response.status, 401);
    t.is(response.headers.get(ANSWER_PROOF), null);
  }
});

test('agent calls: a path has one spelling', async (t) => {
  const hub = await startPlugin(t);
  for (const path of ['/AGENT/check-in', '/agent/Check-in', '/agent/check-in/', '/agent//check-in']) {
    const { status } = await fetch(`${hub.url}${path}`);
    t.is(status, 404, path);
  }
});
