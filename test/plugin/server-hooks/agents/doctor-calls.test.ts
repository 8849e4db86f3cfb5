import { randomUUID } from 'node:crypto';
import test from 'ava';
import { deriveKey, hashJoinSecret } from '../../../../protocol/crypto/derived-keys.js';
import { parseEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import { signRequest } from '../../../../protocol/crypto/request-signature.js';
import { plain } from '../../../../protocol/problems/problem.js';
import { PROBLEMS } from '../../../../protocol/problems.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { startPlugin, type TestPlugin } from '../../../kit/hub/plugin.js';

/** Calls as the holder of an Edge key. */
function caller(hub: TestPlugin, edgeKey: string, edgeId: string, purpose: 'doctor' | 'enrol' = 'doctor') {
  const { secret, environmentId } = parseEdgeKey(edgeKey);
  const key = deriveKey(edgeId, hashJoinSecret(secret), purpose);
  return async (value: unknown, timeMs = Date.now()) => {
    const path = `/agent/doctor?edge=${edgeId}`;
    const body = Buffer.from(JSON.stringify(value));
    const claim = { environmentId, instanceId: randomUUID(), timeMs };
    const authorization = signRequest(key, claim, { method: 'POST', path, body });
    const answer = await fetch(`${hub.url}${path}`, { method: 'POST', headers: { authorization }, body });
    const json = (await answer.json()) as { code?: string; pad?: string };
    return { status: answer.status, isProven: answer.headers.has('fairlead-proof'), ...json };
  };
}

test('doctor calls: an Edge key is answered with the padding that it asks for', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const call = caller(hub, edgeKey, edgeId ?? '');
  const answer = await call({ pad: 'a'.repeat(8_192), answerPad: 8_192 });
  t.like(answer, { status: 200, isProven: true, refusal: null });
  t.is(answer.pad?.length, 8_192);
});

test('doctor calls: another key, another purpose and an old timestamp are refused', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const body = { pad: '', answerPad: 0 };
  const unauthorized = { status: 401, code: 'agent-unauthorized', isProven: false };
  t.like(await caller(hub, edgeKey, randomUUID(), 'enrol')(body), unauthorized);
  t.like(await caller(hub, edgeKey, edgeId ?? '', 'enrol')(body), unauthorized);
  const late = await caller(hub, edgeKey, edgeId ?? '')(body, Date.now() - 120_000);
  t.like(late, { status: 401, code: 'clock-skew', isProven: true });
});

test('doctor calls: bodies are bounded, and so is their rate', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const call = caller(hub, edgeKey, edgeId ?? '');
  t.like(await call({ pad: 'a'.repeat(9_000), answerPad: 0 }), { status: 413, code: 'body-too-large' });
  t.like(await call({ pad: '', answerPad: 9_000 }), { status: 400, code: 'bad-request' });
  const answers = await Promise.all(Array.from({ length: 100 }, () => call({ pad: '', answerPad: 0 })));
  t.true(answers.some(({ code }) => code === 'body-too-soon'));
});

test('doctor reports: what an agent sends is bounded, and one line for each text', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const { client } = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const hop = {
    hop: 'tls',
    result: 'fail',
    ms: 1,
    text: 'Expired',
    code: 'hub-certificate-expired',
  } as const;
  for (const wrong of [
    { ...hop, text: 'two\nlines' },
    { ...hop, text: 'x'.repeat(501) },
    { ...hop, code: 'Not A Code' },
    { ...hop, hop: 'other' as never },
  ]) {
    await t.throwsAsync(client.postDoctor({ ageMs: 0, hops: [wrong] }), { code: 'bad-request' });
  }
  await client.postDoctor({ ageMs: 60_000, hops: [hop] });
  const { body } = await hub.call<{ run: { at: string; hops: unknown[] } }>(
    'GET',
    `/api/environments/${id}/doctor`,
  );
  const nextStep = plain(PROBLEMS[hop.code].nextStep);
  t.deepEqual(body.run.hops, [{ ...hop, nextStep }]);
  const ageMs = Date.now() - Date.parse(body.run.at);
  t.true(ageMs >= 60_000 && ageMs < 120_000, `${ageMs}`);
});
