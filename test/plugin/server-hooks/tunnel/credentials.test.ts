import { randomBytes } from 'node:crypto';
import test from 'ava';
import { TokenLedger, TunnelCredentials } from '../../../../plugin/server-hooks/tunnel/credentials.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const HOLDER = {
  environmentId: 1,
  instanceId: 'a',
  nodeId: null,
  generation: 3,
  purpose: 'environment',
  epoch: 'epoch',
} as const;

function setup() {
  const clock = new FakeClock();
  const ledger = new TokenLedger({ clock, randomBytes });
  return { clock, ledger, credentials: new TunnelCredentials(ledger) };
}

test('credentials: a token is valid once, for its own purpose', (t) => {
  const { credentials, ledger, clock } = setup();
  const { token, grant } = credentials.issue(HOLDER);
  t.is(Buffer.from(token, 'base64url').length, 32);
  t.deepEqual(ledger.redeem(token), { ...HOLDER, expiresAtMs: clock.now() + 30_000 });
  t.is(grant.generation, 3);
  t.throws(() => ledger.redeem(token), { code: 'credential-replayed' });
  t.throws(() => ledger.redeem(token), { code: 'credential-replayed' });
});

test('credentials: a token is valid for 30 s, regardless of the wall clock', (t) => {
  const { credentials, ledger, clock } = setup();
  const early = credentials.issue({ ...HOLDER, instanceId: 'early' });
  const late = credentials.issue({ ...HOLDER, instanceId: 'late' });
  clock.setWall(clock.now() + 86_400_000);
  clock.advance(29_999);
  t.notThrows(() => ledger.redeem(early.token));
  clock.setWall(clock.now() - 2 * 86_400_000);
  clock.advance(1);
  t.throws(() => ledger.redeem(late.token), { code: 'credential-expired' });
  t.throws(
    () => ledger.redeem(late.token),
    { code: 'credential-replayed' },
    'an expired one is used up, too',
  );
});

test('credentials: a newer credential supersedes that of the same holder only', (t) => {
  const { credentials, ledger } = setup();
  const first = credentials.issue(HOLDER);
  const other = credentials.issue({ ...HOLDER, instanceId: 'b' });
  const node = credentials.issue({ ...HOLDER, nodeId: 'n1' });
  const second = credentials.issue(HOLDER);
  t.throws(() => ledger.redeem(first.token), { code: 'credential-superseded' });
  for (const { token } of [other, node, second]) t.notThrows(() => ledger.redeem(token));
});

test('credentials: revocation ends every credential of the environment, and none of another', (t) => {
  const { credentials, ledger } = setup();
  const ours = [credentials.issue(HOLDER), credentials.issue({ ...HOLDER, instanceId: 'b' })];
  const theirs = new TunnelCredentials(ledger).issue({ ...HOLDER, environmentId: 2 });
  credentials.revoke();
  for (const { token } of ours) t.throws(() => ledger.redeem(token), { code: 'credential-revoked' });
  t.notThrows(() => ledger.redeem(theirs.token));
  t.is(credentials.ageMs(HOLDER), null);
});

test('credentials: an unknown token is refused as unknown', (t) => {
  const { credentials, ledger } = setup();
  credentials.issue(HOLDER);
  const error = t.throws(() => ledger.redeem(randomBytes(32).toString('base64url')), {
    code: 'credential-unknown',
  });
  t.like(error, { status: 401, details: undefined });
});

test('credentials: a refusal of a known token names the environment it was for', (t) => {
  const { credentials, ledger } = setup();
  const { token } = credentials.issue({ ...HOLDER, environmentId: 7 });
  ledger.redeem(token);
  t.like(
    t.throws(() => ledger.redeem(token)),
    { members: { environmentId: 7 } },
  );
});

test('credentials: the age of a live credential does not follow the wall clock', (t) => {
  const { credentials, ledger, clock } = setup();
  t.is(credentials.ageMs(HOLDER), null);
  credentials.issue(HOLDER);
  clock.setWall(clock.now() - 3_600_000);
  clock.advance(3_000);
  t.is(credentials.ageMs(HOLDER), 3_000);
  ledger.redeem(credentials.issue(HOLDER).token);
  t.is(credentials.ageMs(HOLDER), null, 'a presented one is no longer live');
});

test('credentials: remembers a bounded number of used tokens', (t) => {
  const { credentials, ledger } = setup();
  const oldest = credentials.issue(HOLDER).token;
  ledger.redeem(oldest);
  let newest = oldest;
  for (let i = 0; i < 10_000; i++) {
    newest = credentials.issue(HOLDER).token;
    ledger.redeem(newest);
  }
  t.throws(() => ledger.redeem(oldest), { code: 'credential-unknown' });
  t.throws(() => ledger.redeem(newest), { code: 'credential-replayed' });
});
