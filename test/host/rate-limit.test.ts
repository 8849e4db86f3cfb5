import test from 'ava';
import { defaultLoginLimits, LoginGuard } from '../../host/rate-limit.js';

const wrong = async () => false;
const right = async () => true;

test('login guard: IPv6 addresses of one /64 share their attempts, mapped IPv4 ones do not', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 1 });
  t.false(await guard.attempt('2001:db8:0:1::1', wrong));
  await t.throwsAsync(guard.attempt('2001:db8::1:ffff:0:0:1', wrong), { message: /too many/ });
  t.false(await guard.attempt('2001:db8:0:2::1', wrong));
  t.false(await guard.attempt('::ffff:192.0.2.1', wrong));
  t.false(await guard.attempt('::ffff:192.0.2.2', wrong));
  await t.throwsAsync(guard.attempt('192.0.2.1', wrong), { message: /too many/ });
});

test('login guard: a right password clears the count of its address', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 2, perMinute: 5 });
  for (let round = 0; round < 4; round++) {
    t.false(await guard.attempt('192.0.2.1', wrong));
    t.true(await guard.attempt('192.0.2.1', right));
  }
});

test('login guard: runs two comparisons at once, lets some wait, and refuses the rest', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 100, atOnce: 2, waiting: 3 });
  const release: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const slow = async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => release.push(resolve));
    running -= 1;
    return true;
  };
  const attempts = Array.from({ length: 7 }, () => guard.attempt('192.0.2.1', slow));
  const outcomes = Promise.allSettled(attempts);
  const refused = await Promise.race(attempts.map((attempt) => attempt.catch((error: unknown) => error)));
  t.like(refused, { status: 429, code: 'rate-limited', retryAfterSeconds: 1 });
  while (running > 0) {
    release.shift()?.();
    await new Promise(setImmediate);
  }
  const values = (await outcomes).map(({ status }) => status);
  t.deepEqual(values.sort(), [...Array(5).fill('fulfilled'), ...Array(2).fill('rejected')]);
  t.is(most, 2);
});
