import test from 'ava';
import { defaultLoginLimits, LoginGuard } from '../../../host/auth/login-guard.js';
import { untilTrue } from '../../kit/until.js';

const wrong = async () => false;
const right = async () => true;

test('login guard: IPv6 addresses of one /64 share their attempts, mapped IPv4 ones do not', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 1 });
  t.false(await guard.attempt('2001:db8:0:1::1', wrong));
  await t.throwsAsync(guard.attempt('2001:db8::1:ffff:0:0:1', wrong), { code: 'rate-limited' });
  t.false(await guard.attempt('2001:db8:0:2::1', wrong));
  t.false(await guard.attempt('::ffff:192.0.2.1', wrong));
  t.false(await guard.attempt('::ffff:192.0.2.2', wrong));
  await t.throwsAsync(guard.attempt('192.0.2.1', wrong), { code: 'rate-limited' });
});

test('login guard: a correct password resets the count of its address', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 2, perMinute: 5 });
  for (let round = 0; round < 4; round++) {
    t.false(await guard.attempt('192.0.2.1', wrong));
    t.true(await guard.attempt('192.0.2.1', right));
  }
});

test('login guard: runs two comparisons at a time, queues some, and refuses the rest', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 100, concurrent: 2, waiting: 3 });
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

test('login guard: wrong passwords from many addresses do not keep out an address that signed in before', async (t) => {
  const guard = new LoginGuard(defaultLoginLimits);
  t.true(await guard.attempt('192.0.2.1', right));
  for (let host = 1; host <= 6; host++) {
    for (let attempt = 0; attempt < 10; attempt++) await guard.attempt(`198.51.100.${host}`, wrong);
  }
  // It has to wait for a second.
  const seventh = guard.attempt('198.51.100.7', wrong);
  t.is(await Promise.race([seventh, guard.attempt('192.0.2.1', right)]), true);
  t.false(await seventh);
});

test('login guard: wrong passwords from many addresses slow down unknown devices, and refused attempts are not counted', async (t) => {
  // One in 50 ms.
  const limits = { perAddress: 100, perAddressSeconds: 300, perMinute: 1_200, concurrent: 2, waiting: 100 };
  const guard = new LoginGuard(limits);
  for (let host = 0; host < 120; host++) {
    const attempts = Array.from({ length: 10 }, () => guard.attempt(`2001:db8:0:${host}::1`, wrong));
    t.true((await Promise.all(attempts)).every((outcome) => !outcome));
  }
  const began = performance.now();
  t.deepEqual(
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => guard.attempt(name, right))),
    Array(4).fill(true),
  );
  t.true(performance.now() - began < 10_000);
  const strict = new LoginGuard({ ...limits, perAddress: 2, perMinute: 1 });
  t.false(await strict.attempt('192.0.2.1', wrong));
  const isRefused = { code: 'rate-limited', retryAfterSeconds: 60 };
  for (let attempt = 0; attempt < 9; attempt++) {
    t.like(await t.throwsAsync(strict.attempt('192.0.2.2', wrong)), isRefused);
  }
  t.true(await strict.attempt('192.0.2.2', right, 'a device'), 'known devices have a lane of their own');
});

test('login guard: when too many wait, the address with the most of them loses one', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 100, concurrent: 1, waiting: 4 });
  const release: (() => void)[] = [];
  const held = () => new Promise<boolean>((resolve) => release.push(() => resolve(false)));
  const flood = Array.from({ length: 5 }, () => guard.attempt('198.51.100.1', held));
  const other = guard.attempt('192.0.2.1', right);
  await t.throwsAsync(flood[4] ?? Promise.resolve(), { code: 'rate-limited' });
  for (let done = 0; done < 4; done++) {
    await untilTrue('a comparison', () => release.length !== 0, { everyMs: 1 });
    release.shift()?.();
  }
  t.true(await other);
  t.deepEqual(await Promise.all(flood.slice(0, 4)), Array(4).fill(false));
});

test('login guard: when the rate is used up, a network that fills the queue does not block others', async (t) => {
  const guard = new LoginGuard({ ...defaultLoginLimits, perAddress: 100 });
  for (let attempt = 0; attempt < 60; attempt++) await guard.attempt('198.51.100.1', wrong);
  const flood = Array.from({ length: 10 }, () => guard.attempt('2001:db8::1', wrong).catch(() => 'refused'));
  const other = guard.attempt('192.0.2.1', right);
  t.is(await Promise.race(flood.map(async (one) => ((await one) === 'refused' ? one : never()))), 'refused');
  t.true(await other);
});

function never(): Promise<never> {
  return new Promise(() => undefined);
}
