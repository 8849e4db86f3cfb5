import { createHash, diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { CompactEncrypt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { openInstanceSecret, sealInstanceSecret } from '../../../protocol/crypto/instance-secret.js';
import { Problem } from '../../../protocol/problems.js';

function newInstance() {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { publicKey: publicKey.export({ format: 'jwk' }) as JWK, privateKey };
}

test('instance secret: opens with the instance key it was sealed for', async (t) => {
  const { publicKey, privateKey } = newInstance();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (secret) => {
      const sealed = await sealInstanceSecret(publicKey, secret);
      t.deepEqual(await openInstanceSecret(privateKey, sealed), Buffer.from(secret));
    }),
  );
});

test('instance secret: each sealing has its own ephemeral X25519 key', async (t) => {
  const { publicKey } = newInstance();
  const secret = randomBytes(32);
  const headers = await Promise.all(
    [1, 2].map(async () => decodeProtectedHeader(await sealInstanceSecret(publicKey, secret))),
  );
  for (const header of headers) {
    t.like(header, { alg: 'ECDH-ES', enc: 'A256GCM', epk: { kty: 'OKP', crv: 'X25519' } });
    t.false('d' in (header.epk as object));
  }
  t.notDeepEqual(headers[0]?.epk, headers[1]?.epk);
});

test('instance secret: does not open with another instance key', async (t) => {
  const sealed = await sealInstanceSecret(newInstance().publicKey, randomBytes(32));
  await t.throwsAsync(openInstanceSecret(newInstance().privateKey, sealed), {
    instanceOf: Problem,
    code: 'instance-secret-unreadable',
  });
});

test('instance secret: each segment is authenticated', async (t) => {
  const { publicKey, privateKey } = newInstance();
  const segments = (await sealInstanceSecret(publicKey, randomBytes(32))).split('.');
  for (const at of [0, 2, 3, 4]) {
    const bytes = Buffer.from(segments[at] ?? '', 'base64url');
    for (let byte = 0; byte < bytes.length; byte += 5) {
      const changed = Buffer.from(bytes);
      changed[byte] = (changed[byte] ?? 0) ^ 1;
      const sealed = segments.with(at, changed.toString('base64url')).join('.');
      await t.throwsAsync(openInstanceSecret(privateKey, sealed), { code: 'instance-secret-unreadable' });
    }
  }
});

const OTHER_FORMS: [title: string, alg: string, enc: string, bytes: number][] = [
  ['wrapped by ECDH-ES+A256KW', 'ECDH-ES+A256KW', 'A256GCM', 32],
  ['under another content encryption', 'ECDH-ES', 'A128GCM', 32],
  ['of 31 bytes', 'ECDH-ES', 'A256GCM', 31],
  ['of 33 bytes', 'ECDH-ES', 'A256GCM', 33],
  ['of no bytes', 'ECDH-ES', 'A256GCM', 0],
];

for (const [title, alg, enc, bytes] of OTHER_FORMS) {
  test(`instance secret: refuses one ${title}`, async (t) => {
    const { publicKey, privateKey } = newInstance();
    const key = await importJWK(publicKey, alg);
    const sealed = await new CompactEncrypt(randomBytes(bytes)).setProtectedHeader({ alg, enc }).encrypt(key);
    await t.throwsAsync(openInstanceSecret(privateKey, sealed), { code: 'instance-secret-unreadable' });
  });
}

test('instance secret: a text that an earlier key agreement of the same key made for `dir` is refused', async (t) => {
  const { publicKey, privateKey } = newInstance();
  const other = generateKeyPairSync('x25519');
  const shared = diffieHellman({ privateKey, publicKey: other.publicKey });
  const sealed = await new CompactEncrypt(randomBytes(32))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(createHash('sha256').update(shared).digest());
  t.is(publicKey.crv, 'X25519');
  await t.throwsAsync(openInstanceSecret(privateKey, sealed), { code: 'instance-secret-unreadable' });
});

const x = (bytes: Buffer) => ({ kty: 'OKP', crv: 'X25519', x: bytes.toString('base64url') });
const UNUSABLE: [title: string, key: JWK][] = [
  ['the zero point', x(Buffer.alloc(32))],
  ['the point 1', x(Buffer.from('01'.padEnd(64, '0'), 'hex'))],
  ['p, which is zero again', x(Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex'))],
  [
    'a point of order 8',
    x(Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')),
  ],
  ['a short key', x(Buffer.alloc(31, 9))],
  ['no coordinate', { kty: 'OKP', crv: 'X25519' }],
  ['an Ed25519 key', generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as JWK],
];

for (const [title, key] of UNUSABLE) {
  test(`instance secret: is not sealed for ${title}`, async (t) => {
    const error = await t.throwsAsync(sealInstanceSecret(key, randomBytes(32)), {
      instanceOf: Problem,
      code: 'instance-key-unusable',
    });
    t.is(error.status, 400);
  });
}
