import test, { type ExecutionContext } from 'ava';
import { ANSWER_PROOF } from '../../../../protocol/crypto/answer-proof.js';
import type { SwarmReport } from '../../../../protocol/messages/agent-calls.js';
import { makeInstance, type TestInstance } from '../../../kit/agent/instance.js';
import { type PassingAnswer, startAnswerRelay } from '../../../kit/fault/answer-relay.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

/** An agent whose calls pass an attacker that can change every answer. */
async function setup(t: ExecutionContext) {
  const relay = await startAnswerRelay(t);
  const hub = await startPlugin(t);
  relay.target = new URL(hub.url).origin;
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', url: `${relay.url}/edge` });
  const agent = await makeInstance(t, { edgeId: edgeId ?? '', edgeKey });
  return { relay, hub, id, agent };
}

const json = (body: object) => Buffer.from(JSON.stringify(body));
const FORGERIES: Record<string, (answer: PassingAnswer) => PassingAnswer> = {
  'without a proof': ({ headers: { [ANSWER_PROOF]: _, ...headers }, ...rest }) => ({ ...rest, headers }),
  'with a proof of another key': (answer) => ({
    ...answer,
    headers: { ...answer.headers, [ANSWER_PROOF]: 'A'.repeat(43) },
  }),
  'with another status': (answer) => ({ ...answer, status: answer.status === 200 ? 204 : 200 }),
  'with another body': (answer) => ({
    ...answer,
    status: 200,
    body: json({ tunnel: 'idle', checkInSeconds: 86_400 }),
  }),
  'that refuses by an invented clock': (answer) => ({
    ...answer,
    status: 401,
    body: json({ code: 'clock-skew', timeMs: Date.now() + 3_600_000 }),
  }),
  'that asks for a day of silence': (answer) => ({
    ...answer,
    status: 409,
    body: json({ code: 'duplicate', retryAfterSeconds: 86_400 }),
  }),
};

const SWARM: SwarmReport = { swarmId: 's', nodes: [] };
const CALLS: Record<string, (agent: TestInstance) => Promise<unknown>> = {
  enrolment: (agent) => agent.enrol(),
  'check-in': (agent) => agent.checkIn(),
  snapshot: (agent) => agent.client.postSnapshot(EMPTY_SNAPSHOT),
  'idle close': (agent) => agent.client.postIdle('none', null),
  'Swarm report': (agent) => agent.client.postSwarm(SWARM),
};

for (const [what, forge] of Object.entries(FORGERIES)) {
  test(`hub client: an answer ${what} changes nothing`, async (t) => {
    const { relay, hub, id, agent } = await setup(t);
    await agent.enrol();
    const secret = agent.client.instanceSecret;
    for (const [call, run] of Object.entries(CALLS)) {
      relay.change = forge;
      t.like(
        await t.throwsAsync(run(agent)),
        { code: 'hub-answer-forged', status: 502, retryAfterSeconds: undefined },
        call,
      );
      t.is(agent.client.instanceSecret, secret, call);
    }
    relay.change = (answer) => answer;
    await agent.checkIn();
    t.is((await hub.view(id)).status, 'online', 'its stamps are still accepted');
  });
}

test('hub client: an answer to an earlier request is no answer to this one', async (t) => {
  const { relay, agent } = await setup(t);
  await agent.enrol();
  const seen: PassingAnswer[] = [];
  relay.change = (answer) => {
    seen.push(answer);
    return seen[0] ?? answer;
  };
  await agent.checkIn();
  await t.throwsAsync(agent.checkIn(), { code: 'hub-answer-forged' });
});

test('hub client: a page, and a refusal that a hub makes before it knows the caller, keep their codes', async (t) => {
  const { relay, agent } = await setup(t);
  const unproven = (status: number, body: Buffer) => {
    relay.change = () => ({ status, headers: {}, body });
  };
  unproven(502, Buffer.from('<html>'));
  await t.throwsAsync(agent.enrol(), { code: 'hub-answer-malformed' });
  unproven(200, Buffer.from('<html>'));
  await t.throwsAsync(agent.enrol(), { code: 'hub-answer-malformed' });
  unproven(401, json({ code: 'agent-unauthorized', timeMs: 1, retryAfterSeconds: 86_400 }));
  t.like(await t.throwsAsync(agent.enrol()), { code: 'agent-unauthorized', retryAfterSeconds: undefined });
});
