import { randomBytes } from 'node:crypto';
import test from 'ava';
import { Challenges } from '../../../../plugin/server-hooks/reachability/challenges.js';

test('challenge: is answered once, to any caller that knows its question', (t) => {
  const challenges = new Challenges(randomBytes);
  const { question, answer } = challenges.issue();
  t.is(challenges.answer(answer), undefined);
  t.is(challenges.answer(question), answer);
  t.is(challenges.answer(question), undefined);
});

test('challenge: is not answered once it has ended', (t) => {
  const challenges = new Challenges(randomBytes);
  const [ended, open] = [challenges.issue(), challenges.issue()];
  ended.end();
  ended.end();
  t.is(challenges.answer(ended.question), undefined);
  t.is(challenges.answer(open.question), open.answer);
});
