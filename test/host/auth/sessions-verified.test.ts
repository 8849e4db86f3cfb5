import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Sessions } from '../../../host/auth/sessions.js';
import { DataFile } from '../../../host/data-file.js';
import { LogRecorder } from '../../kit/log-recorder.js';
import { makeFolder } from '../start-host.js';

const TWELVE_HOURS_MS = 12 * 3_600_000;

async function setup(t: ExecutionContext) {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z'), now: () => clock.ms };
  const initial = () => ({
    schemaVersion: 1 as const,
    passwordHash: 'hash',
    sessionSecret: 'secret',
    revokedSessions: [],
    tokens: [],
    disabledPlugins: [],
  });
  const data = await DataFile.open(join(await makeFolder(t), 'host.json'), initial, new LogRecorder());
  t.teardown(() => data.close());
  return { clock, data, sessions: new Sessions({ data, clock, randomBytes }) };
}

test('sessions: a token that was verified before is not verified again', async (t) => {
  const { sessions } = await setup(t);
  const { token } = await sessions.open();
  const first = await sessions.verify(token);
  t.truthy(first);
  t.is(await sessions.verify(token), first);
});

test('sessions: a verified token is refused after its session was revoked, and others are not', async (t) => {
  const { sessions } = await setup(t);
  const [one, other] = [await sessions.open(), await sessions.open()];
  t.truthy(await sessions.verify(one.token));
  t.truthy(await sessions.verify(other.token));
  await sessions.revoke(one);
  t.is(await sessions.verify(one.token), null);
  t.is(await sessions.verify(one.token), null, 'nor is its signature accepted again');
  t.truthy(await sessions.verify(other.token));
});

for (const change of [{ passwordHash: 'another' }, { sessionSecret: 'another' }]) {
  test(`sessions: a verified token is refused after a change of ${Object.keys(change)}`, async (t) => {
    const { data, sessions } = await setup(t);
    const { token } = await sessions.open();
    t.truthy(await sessions.verify(token));
    await data.update((state) => ({ ...state, ...change }));
    t.is(await sessions.verify(token), null);
    t.is(await sessions.verify(token), null, 'its signature does not match either');
  });
}

test('sessions: a verified token is refused once it has expired', async (t) => {
  const { clock, sessions } = await setup(t);
  const { token } = await sessions.open();
  clock.ms += TWELVE_HOURS_MS - 1;
  t.truthy(await sessions.verify(token));
  clock.ms += 1;
  t.is(await sessions.verify(token), null);
});

test('sessions: another signature of a verified token is refused', async (t) => {
  const { sessions } = await setup(t);
  const { token } = await sessions.open();
  t.truthy(await sessions.verify(token));
  const [head, payload, signature = ''] = token.split('.');
  const other = signature.startsWith('A') ? 'B' : 'A';
  t.is(await sessions.verify(`${head}.${payload}.${other}${signature.slice(1)}`), null);
  t.truthy(await sessions.verify(token));
});

test('sessions: more than a thousand verified tokens are all accepted', async (t) => {
  const { sessions } = await setup(t);
  const { token } = await sessions.open();
  const first = await sessions.verify(token);
  for (let count = 0; count < 1_000; count++) await sessions.verify((await sessions.open()).token);
  const again = await sessions.verify(token);
  t.deepEqual(again?.id, first?.id);
  t.not(again, first, 'the oldest was dropped and is verified again');
});
