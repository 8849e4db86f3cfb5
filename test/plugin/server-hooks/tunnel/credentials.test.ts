import { randomBytes } from 'node:crypto';
import test from 'ava';
import { TunnelCredentials } from '../../../../plugin/server-hooks/tunnel/credentials.js';
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
  return { clock, desk: new TunnelCredentials({ clock, randomBytes }) };
}

test('credential desk: a token is good once, for what it was issued for', (t) => {
  const { desk, clock } = setup();
  const { token, grant } = desk.issue(HOLDER);
  t.is(Buffer.from(token, 'base64url').length, 32);
  t.deepEqual(desk.redeem(token), { ...HOLDER, expiresAtMs: clock.now() + 30_000 });
  t.is(grant.generation, 3);
  t.throws(() => desk.redeem(token), { code: 'credential-replayed' });
  t.throws(() => desk.redeem(token), { code: 'credential-replayed' });
});

test('credential desk: a token holds for 30 s of time that passes, whatever the wall clock is set to', (t) => {
  const { desk, clock } = setup();
  const early = desk.issue({ ...HOLDER, instanceId: 'early' });
  const late = desk.issue({ ...HOLDER, instanceId: 'late' });
  clock.setWall(clock.now() + 86_400_000);
  clock.advance(29_999);
  t.notThrows(() => desk.redeem(early.token));
  clock.setWall(clock.now() - 2 * 86_400_000);
  clock.advance(1);
  t.throws(() => desk.redeem(late.token), { code: 'credential-expired' });
  t.throws(() => desk.redeem(late.token), { code: 'credential-replayed' }, 'an expired one is spent, too');
});

test('credential desk: a newer credential supersedes the same holder’s, and nobody else’s', (t) => {
  const { desk } = setup();
  const first = desk.issue(HOLDER);
  const other = desk.issue({ ...HOLDER, instanceId: 'b' });
  const node = desk.issue({ ...HOLDER, nodeId: 'n1' });
  const second = desk.issue(HOLDER);
  t.throws(() => desk.redeem(first.token), { code: 'credential-superseded' });
  for (const { token } of [other, node, second]) t.notThrows(() => desk.redeem(token));
});

test('credential desk: revocation ends every credential of the environment, and of no other', (t) => {
  const { desk } = setup();
  const ours = [desk.issue(HOLDER), desk.issue({ ...HOLDER, instanceId: 'b' })];
  const theirs = desk.issue({ ...HOLDER, environmentId: 2 });
  desk.revoke(1);
  for (const { token } of ours) t.throws(() => desk.redeem(token), { code: 'credential-revoked' });
  t.notThrows(() => desk.redeem(theirs.token));
  t.is(desk.ageMs(HOLDER), null);
});

test('credential desk: an unknown token is just that', (t) => {
  const { desk } = setup();
  desk.issue(HOLDER);
  const error = t.throws(() => desk.redeem(randomBytes(32).toString('base64url')), {
    code: 'credential-unknown',
  });
  t.like(error, { status: 401, details: undefined });
});

test('credential desk: a refusal of a known token names the environment it was for', (t) => {
  const { desk } = setup();
  const { token } = desk.issue({ ...HOLDER, environmentId: 7 });
  desk.redeem(token);
  t.like(
    t.throws(() => desk.redeem(token)),
    { members: { environmentId: 7 } },
  );
});

test('credential desk: the age of a live credential does not follow the wall clock', (t) => {
  const { desk, clock } = setup();
  t.is(desk.ageMs(HOLDER), null);
  desk.issue(HOLDER);
  clock.setWall(clock.now() - 3_600_000);
  clock.advance(3_000);
  t.is(desk.ageMs(HOLDER), 3_000);
  desk.redeem(desk.issue(HOLDER).token);
  t.is(desk.ageMs(HOLDER), null, 'a presented one lives no more');
});

test('credential desk: remembers a bounded number of spent tokens', (t) => {
  const { desk } = setup();
  const oldest = desk.issue(HOLDER).token;
  desk.redeem(oldest);
  let newest = oldest;
  for (let i = 0; i < 10_000; i++) {
    newest = desk.issue(HOLDER).token;
    desk.redeem(newest);
  }
  t.throws(() => desk.redeem(oldest), { code: 'credential-unknown' });
  t.throws(() => desk.redeem(newest), { code: 'credential-replayed' });
});
