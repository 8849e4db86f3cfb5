import test from 'ava';
import { Enrolment } from '../../../../agent-image/src/hub/enrolment.js';
import { defer } from '../../../kit/deferred.js';

const { signal } = new AbortController();

test('enrolment: is attempted once while it is current, and again after it expired', async (t) => {
  let attempts = 0;
  const enrolment = new Enrolment(async () => {
    attempts++;
  });
  await enrolment.ensure(signal);
  await enrolment.ensure(signal);
  t.is(attempts, 1);
  enrolment.expire();
  await enrolment.ensure(signal);
  t.is(attempts, 2);
});

test('enrolment: a failed attempt is repeated, and ends the wait for it', async (t) => {
  const results = [Promise.reject(new Error('no')), Promise.resolve()];
  results[0]?.catch(() => undefined);
  const enrolment = new Enrolment(() => results.shift() ?? Promise.resolve());
  const attempted = enrolment.attempted();
  await t.throwsAsync(enrolment.ensure(signal), { message: 'no' });
  await attempted;
  await t.notThrowsAsync(enrolment.ensure(signal));
});

test('enrolment: one that expires during its attempt is not current after it', async (t) => {
  const attempts: (() => void)[] = [];
  const enrolment = new Enrolment(() => {
    const attempt = defer();
    attempts.push(attempt.resolve);
    return attempt.promise;
  });
  let hasEnded = false;
  const first = enrolment.ensure(signal);
  const attempted = enrolment.attempted().then(() => {
    hasEnded = true;
  });
  enrolment.expire();
  attempts[0]?.();
  await first;
  t.false(hasEnded, 'the identity of the attempt was the old one');
  const second = enrolment.ensure(signal);
  attempts[1]?.();
  await Promise.all([second, attempted]);
  t.is(attempts.length, 2);
});
