import { randomBytes } from 'node:crypto';
import test from 'ava';
import { SealedAnswers } from '../../../../plugin/server-hooks/webhooks/sealed-answers.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const MESSAGE = Buffer.from('{"name":"a"}');
const ANSWER = { edgeKey: 'very secret' };

function setup() {
  const clock = new FakeClock();
  return { clock, answers: new SealedAnswers({ clock, randomBytes }) };
}

test('sealed answers: returns an answer again, for the same name and bytes only', async (t) => {
  const { answers } = setup();
  await answers.keep('one', MESSAGE, ANSWER);
  t.deepEqual(await answers.open('one', MESSAGE), ANSWER);
  t.is(await answers.open('two', MESSAGE), undefined);
  t.is(await answers.open('one', Buffer.from('{"name":"b"}')), undefined);
  answers.stop();
});

test('sealed answers: one is deleted after 15 minutes, read or not', async (t) => {
  const { answers, clock } = setup();
  await answers.keep('one', MESSAGE, ANSWER);
  clock.advance(15 * 60_000 - 1);
  t.deepEqual(await answers.open('one', MESSAGE), ANSWER);
  clock.advance(1);
  t.is(await answers.open('one', MESSAGE), undefined);
  t.is(clock.pending, 0);
});

test('sealed answers: a stop while one is being sealed leaves nothing behind', async (t) => {
  const { answers, clock } = setup();
  const kept = answers.keep('one', MESSAGE, ANSWER);
  answers.stop();
  await kept;
  t.is(await answers.open('one', MESSAGE), undefined);
  t.is(clock.pending, 0);
});

test('sealed answers: the oldest of 5,001 is forgotten', async (t) => {
  const { answers, clock } = setup();
  for (let n = 0; n <= 5_000; n++) await answers.keep(`${n}`, MESSAGE, n);
  t.is(await answers.open('0', MESSAGE), undefined);
  t.is(await answers.open('1', MESSAGE), 1);
  t.is(await answers.open('5000', MESSAGE), 5_000);
  t.is(clock.pending, 5_000);
  answers.stop();
  answers.stop();
  t.is(clock.pending, 0);
  t.is(await answers.open('1', MESSAGE), undefined);
});
