import { createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { deriveKey, hashJoinSecret } from '../../../protocol/crypto/derived-keys.js';

const secret = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);

/** RFC 5869 sections 2.2 and 2.3, for one block of output. */
function hkdfByHand(ikm: string, salt: Buffer, info: string): Buffer {
  const pseudoRandomKey = createHmac('sha256', salt).update(ikm).digest();
  return createHmac('sha256', pseudoRandomKey)
    .update(info)
    .update(Buffer.from([1]))
    .digest();
}

test('derived key: is HKDF-SHA256 of the Edge ID, salted with S, for one purpose', (t) => {
  fc.assert(
    fc.property(
      fc.uuid(),
      secret,
      fc.constantFrom('enrol' as const, 'credential' as const),
      (id, text, purpose) => {
        const salt = hashJoinSecret(text);
        t.deepEqual(deriveKey(id, salt, purpose), hkdfByHand(id, salt, `fairlead/1 ${purpose}`));
      },
    ),
  );
});

test('derived key: another purpose, Edge ID or secret gives another key', (t) => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), secret, secret, (id, otherId, text, otherText) => {
      fc.pre(id !== otherId && text !== otherText);
      const salt = hashJoinSecret(text);
      const keys = [
        deriveKey(id, salt, 'enrol'),
        deriveKey(id, salt, 'credential'),
        deriveKey(otherId, salt, 'enrol'),
        deriveKey(id, hashJoinSecret(otherText), 'enrol'),
      ];
      t.is(new Set(keys.map((key) => key.toString('hex'))).size, keys.length);
    }),
  );
});

test('join secret: S is over the text, so that one with spare bits set is another secret', (t) => {
  const one = `${'A'.repeat(42)}A`;
  const other = `${'A'.repeat(42)}B`;
  t.deepEqual(Buffer.from(one, 'base64url'), Buffer.from(other, 'base64url'));
  t.notDeepEqual(hashJoinSecret(one), hashJoinSecret(other));
});
