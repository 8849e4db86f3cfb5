import test from 'ava';
import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import { joinInstance, makeInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

/** Would forge a log line, colour a terminal, turn a line around, or run in a page. */
const HOSTILE = '\r\n{"level":50}\x1b[31m\u202e\u0000<script>';

test('hostile fields: an agent’s own fields are shown unchanged, as text, and cannot forge a log line', async (t) => {
  const { createEnvironment, url, view, log } = await startPlugin(t);
  const { id, edgeId, edgeKey } = await createEnvironment({ name: 'one', url });
  const agent = await makeInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  await agent.enrol({ agentVersion: HOSTILE, platform: HOSTILE, engineId: HOSTILE });
  await agent.checkIn({ query: { tunnel: HOSTILE, problem: HOSTILE } });
  const shown = await view(id);
  t.like(shown.agent, { version: HOSTILE, platform: HOSTILE });
  t.like(shown.problem, { code: HOSTILE });
  t.false(
    log.lines.some(({ message }) => message.includes('level')),
    'a message never contains foreign text',
  );
});

test('hostile fields: values too long, of the wrong type or too deep are refused and not stored', async (t) => {
  const clock = new FakeClock();
  const { createEnvironment, url, view } = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await createEnvironment({ name: 'one', url });
  const agent = await makeInstance(t, { edgeKey, edgeId: edgeId ?? '', clock });
  for (const facts of [
    { agentVersion: 'x'.repeat(65) },
    { platform: 'x'.repeat(65) },
    { engineId: 'x'.repeat(129) },
  ]) {
    await t.throwsAsync(agent.enrol(facts), { code: 'bad-request' });
  }
  t.is((await view(id)).associatedAt, null);
  const joined = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '', clock });
  await t.throwsAsync(joined.checkIn({ query: { tunnel: 'x'.repeat(65) } }), { code: 'bad-request' });
  await t.throwsAsync(joined.checkIn({ query: { problem: 'x'.repeat(65) } }), { code: 'bad-request' });
  const deep = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`);
  for (const [wrong, code] of [
    [{ containers: deep }, 'body-too-complex'],
    [{ errors: [{ part: 'x'.repeat(65), code: 'y' }] }, 'bad-request'],
    [{ takenAt: 1 }, 'bad-request'],
  ] as const) {
    clock.advance(10_000);
    const wrongSnapshot = { ...EMPTY_SNAPSHOT, ...wrong } as unknown as Snapshot;
    await t.throwsAsync(joined.client.postSnapshot(wrongSnapshot), { code });
  }
  t.is((await view(id)).snapshot, null);
});

test('hostile fields: names of prototype members are ordinary names', async (t) => {
  const { createEnvironment, url, call } = await startPlugin(t);
  const { id, edgeId, edgeKey } = await createEnvironment({
    name: '__proto__',
    url,
    tags: ['constructor', 'toString'],
  });
  const joined = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  const labels = JSON.parse('{"__proto__": "x", "constructor": "y", "toString": "z"}');
  const volume = { name: '__proto__', driver: 'local', labels };
  await joined.client.postSnapshot({ ...EMPTY_SNAPSHOT, volumes: [volume] });
  const { status, body } = await call<Snapshot>('GET', `/api/environments/${id}/snapshot`);
  t.is(status, 200);
  t.is(body.volumes[0]?.name, '__proto__');
  t.is(Object.getPrototypeOf(body.volumes[0]?.labels), Object.prototype);
  t.is(({} as Record<string, unknown>).x, undefined);
});
