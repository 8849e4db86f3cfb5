import { randomBytes } from 'node:crypto';
import test from 'ava';
import { proveAnswer, strongTag, verifyAnswer } from '../../../protocol/crypto/answer-proof.js';

const key = randomBytes(32);
const MAC = 'A'.repeat(43);
const ANSWER = { status: 200, etag: '"a"', body: Buffer.from('{"tunnel":"idle"}') };

test('answer proof: holds for its key, request, status, tag and body only', (t) => {
  const proof = proveAnswer(key, MAC, ANSWER);
  t.true(verifyAnswer(key, MAC, ANSWER, proof));
  t.false(verifyAnswer(randomBytes(32), MAC, ANSWER, proof));
  t.false(verifyAnswer(key, 'B'.repeat(43), ANSWER, proof));
  for (const change of [{ status: 304 }, { etag: '"b"' }, { etag: undefined }, { body: Buffer.alloc(0) }]) {
    t.false(verifyAnswer(key, MAC, { ...ANSWER, ...change }, proof), JSON.stringify(change));
  }
  for (const wrong of [undefined, '', proof.slice(1), `${proof}=`])
    t.false(verifyAnswer(key, MAC, ANSWER, wrong));
});

test('answer proof: a proxy that compresses may weaken the tag', (t) => {
  const proof = proveAnswer(key, MAC, ANSWER);
  t.true(verifyAnswer(key, MAC, { ...ANSWER, etag: 'W/"a"' }, proof));
  t.is(strongTag('W/"a"'), '"a"');
  t.is(strongTag(undefined), undefined);
});
