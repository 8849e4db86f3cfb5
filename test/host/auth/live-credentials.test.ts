import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ApiTokens } from '../../../host/auth/api-tokens.js';
import { Authenticator } from '../../../host/auth/authenticate.js';
import { LiveCredentials } from '../../../host/auth/live-credentials.js';
import { Sessions } from '../../../host/auth/sessions.js';
import { DataFile } from '../../../host/data-file.js';
import { LogRecorder } from '../../kit/log-recorder.js';
import { makeFolder } from '../start-host.js';

const HOUR_MS = 3_600_000;

async function setup(t: ExecutionContext) {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => now };
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
  const sessions = new Sessions({ data, clock, randomBytes });
  const tokens = new ApiTokens({ data, clock, randomBytes });
  const live = new LiveCredentials();
  data.onChange(() => live.review());
  const authenticator = new Authenticator(sessions, tokens, live);
  const identify = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const caller = await authenticator.identify({ headers, rawHeaders: [] } as unknown as IncomingMessage);
    if (!caller) throw new Error('not known');
    return caller.principal;
  };
  const ended = async (token: string) => (await identify(token)).ended;
  const advance = (ms: number) => {
    now += ms;
    live.review();
  };
  return { data, sessions, tokens, identify, ended, advance };
}

const newToken = { name: 'ci', expiresAt: null, environmentId: null };

test('credentials: a sign-out ends the streams of its session before it is answered, and no others', async (t) => {
  const { sessions, ended, identify } = await setup(t);
  const [one, other] = [await sessions.open(), await sessions.open()];
  const [first, second, foreign] = [await ended(one.token), await ended(one.token), await ended(other.token)];
  const late = await identify(one.token);
  await sessions.revoke(one);
  t.true(first?.aborted);
  t.true(second?.aborted);
  t.false(foreign?.aborted);
  t.true(late.ended?.aborted, 'a call accepted earlier opens nothing any more');
});

test('credentials: a revoked token ends its streams', async (t) => {
  const { tokens, ended } = await setup(t);
  const [one, other] = [await tokens.create(newToken), await tokens.create(newToken)];
  const [first, foreign] = [await ended(one.token), await ended(other.token)];
  await tokens.revoke(one.id);
  t.true(first?.aborted);
  t.false(foreign?.aborted);
});

test('credentials: a new password ends the streams of all sessions, but not of tokens', async (t) => {
  const { data, sessions, tokens, ended } = await setup(t);
  const session = await ended((await sessions.open()).token);
  const token = await ended((await tokens.create(newToken)).token);
  await data.update((state) => ({ ...state, passwordHash: 'another' }));
  t.true(session?.aborted);
  t.false(token?.aborted);
});

test('credentials: an expired credential ends its streams', async (t) => {
  const { sessions, tokens, ended, advance } = await setup(t);
  const session = await ended((await sessions.open()).token);
  const expiresAt = new Date('2026-01-01T01:00:00Z');
  const token = await ended((await tokens.create({ ...newToken, expiresAt })).token);
  advance(HOUR_MS - 1);
  t.false(token?.aborted);
  advance(1);
  t.true(token?.aborted);
  t.false(session?.aborted);
  advance(11 * HOUR_MS);
  t.true(session?.aborted);
});
