import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { CompactEncrypt, decodeProtectedHeader, UnsecuredJWT } from 'jose';
import { type Credential, openCredential, sealCredential } from '../../../protocol/crypto/credential.js';
import { Problem } from '../../../protocol/problems.js';

const KEY = randomBytes(32);
const INSTANCE = randomUUID();
const HERE = { env: 5, instance: INSTANCE, purpose: 'environment' } as const;

function credential(change: Partial<Credential> = {}): Credential {
  return {
    env: 5,
    instance: INSTANCE,
    node: null,
    generation: 3,
    purpose: 'environment',
    exp: 1_767_225_630_000,
    token: randomBytes(32).toString('base64url'),
    ...change,
  };
}

/** A compact JWE with whatever header, made without the library that opens it. */
function seal(header: object, plaintext: Buffer, key = KEY, encryptedKey = ''): string {
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(protectedHeader));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [protectedHeader, encryptedKey, ...parts].join('.');
}

const plain = (content: unknown = credential()) => Buffer.from(JSON.stringify(content));
const DIRECT = { alg: 'dir', enc: 'A256GCM', kid: '5.1' };

test('credential: survives the round trip', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.record({
        env: fc.integer({ min: 1 }),
        instance: fc.uuid(),
        node: fc.option(fc.string()),
        generation: fc.nat(),
        purpose: fc.constantFrom('environment' as const, 'node' as const),
        exp: fc.nat(),
        token: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      }),
      async (key, made) => {
        t.deepEqual(await openCredential(key, await sealCredential(key, `${made.env}.1`, made), made), made);
      },
    ),
  );
});

test('credential: names environment and key generation, and nothing else, in clear', async (t) => {
  const sealed = await sealCredential(KEY, '5.1', credential());
  t.deepEqual(decodeProtectedHeader(sealed), DIRECT);
  t.is(sealed.split('.')[1], '');
});

test('credential: two sealings of one credential share no text but the header', async (t) => {
  const one = credential();
  const first = (await sealCredential(KEY, '5.1', one)).split('.');
  const second = (await sealCredential(KEY, '5.1', one)).split('.');
  t.is(first[0], second[0]);
  for (const part of [2, 3, 4]) t.not(first[part], second[part]);
});

test('credential: fields of a newer hub are ignored', async (t) => {
  const made = credential();
  t.deepEqual(await openCredential(KEY, seal(DIRECT, plain({ ...made, future: 1 })), HERE), made);
});

test('credential: opens when the header has members of a newer hub', async (t) => {
  const made = credential();
  t.deepEqual(await openCredential(KEY, seal({ ...DIRECT, typ: 'x', future: 1 }, plain(made)), HERE), made);
});

test('credential: is foreign to another environment, instance or purpose', async (t) => {
  const sealed = await sealCredential(KEY, '5.1', credential());
  for (const other of [
    { ...HERE, env: 6 },
    { ...HERE, instance: randomUUID() },
    { ...HERE, purpose: 'node' as const },
  ]) {
    await t.throwsAsync(openCredential(KEY, sealed, other), {
      instanceOf: Problem,
      code: 'credential-foreign',
    });
  }
});

test('credential: each segment is authenticated in each of its characters', async (t) => {
  const segments = (await sealCredential(KEY, '5.1', credential())).split('.');
  for (const at of [0, 2, 3, 4]) {
    const segment = segments[at] ?? '';
    for (let i = 0; i < segment.length; i += at === 3 ? 7 : 1) {
      const bytes = Buffer.from(segment, 'base64url');
      const byte = Math.min(bytes.length - 1, (i * 6) >> 3);
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (i % 8));
      const changed = segments.with(at, bytes.toString('base64url')).join('.');
      await t.throwsAsync(openCredential(KEY, changed, HERE), { code: 'credential-unreadable' });
    }
  }
});

/** All of these have one code, and the caller sees nothing else: a second code would be an oracle. */
const UNREADABLE: [title: string, make: () => string | Promise<string>][] = [
  ['another key', () => sealCredential(randomBytes(32), '5.1', credential())],
  ['an empty text', () => ''],
  ['four segments', () => seal(DIRECT, plain()).split('.').slice(0, 4).join('.')],
  ['six segments', () => `${seal(DIRECT, plain())}.AAAA`],
  ['no tag', () => seal(DIRECT, plain()).replace(/\.[^.]*$/, '.')],
  ['a shortened tag', () => seal(DIRECT, plain()).slice(0, -6)],
  ['an IV of 16 bytes', () => seal(DIRECT, plain()).split('.').with(2, 'A'.repeat(22)).join('.')],
  ['no IV', () => seal(DIRECT, plain()).split('.').with(2, '').join('.')],
  ['an unsecured JWT (alg none)', () => new UnsecuredJWT({ ...credential() }).encode()],
  ['alg none in a JWE', () => seal({ ...DIRECT, alg: 'none' }, plain())],
  ['enc none', () => seal({ ...DIRECT, enc: 'none' }, plain())],
  ['no alg', () => seal({ enc: 'A256GCM' }, plain())],
  ['no enc', () => seal({ alg: 'dir' }, plain())],
  ['alg as an array', () => seal({ ...DIRECT, alg: ['dir'] }, plain())],
  ['an encrypted key together with dir', () => seal(DIRECT, plain(), KEY, 'AAAA')],
  ['a crit extension', () => seal({ ...DIRECT, crit: ['future'], future: 1 }, plain())],
  ['compressed content', () => seal({ ...DIRECT, zip: 'DEF' }, deflateRawSync(plain()))],
  ['a header that is no JSON', () => `${Buffer.from('x').toString('base64url')}..AAAA.AAAA.AAAA`],
  ['A256GCMKW with the right key', () => reseal('A256GCMKW', 'A256GCM')],
  ['A256KW with the right key', () => reseal('A256KW', 'A256GCM')],
  ['another content encryption of the same key length', () => reseal('dir', 'A128CBC-HS256')],
  ['content that is no JSON', () => seal(DIRECT, Buffer.from('credential'))],
  ['content that is not UTF-8', () => seal(DIRECT, Buffer.from([0xff]))],
  ['no content', () => seal(DIRECT, Buffer.alloc(0))],
  ['content that is null', () => seal(DIRECT, plain(null))],
  ['a missing claim', () => seal(DIRECT, plain({ ...credential(), exp: undefined }))],
  ['environment 0', () => seal(DIRECT, plain(credential({ env: 0 })))],
  ['an environment as text', () => seal(DIRECT, plain({ ...credential(), env: '5' }))],
  ['another purpose', () => seal(DIRECT, plain({ ...credential(), purpose: 'admin' }))],
  ['a token of 42 characters', () => seal(DIRECT, plain(credential({ token: 'a'.repeat(42) })))],
  ['a token of 44 characters', () => seal(DIRECT, plain(credential({ token: 'a'.repeat(44) })))],
];

/** The same key under another algorithm, made by the library itself. */
function reseal(alg: string, enc: string): Promise<string> {
  return new CompactEncrypt(plain()).setProtectedHeader({ alg, enc, kid: '5.1' }).encrypt(KEY);
}

for (const [title, make] of UNREADABLE) {
  test(`credential: does not open with ${title}`, async (t) => {
    const sealed = await make();
    const error = await t.throwsAsync(openCredential(KEY, sealed, HERE), {
      instanceOf: Problem,
      code: 'credential-unreadable',
    });
    t.is(error.message, 'The credential cannot be decrypted with this Edge key');
  });
}

for (const length of [0, 16, 31, 33]) {
  test(`credential: a key of ${length} bytes opens nothing and seals nothing`, async (t) => {
    const key = randomBytes(length);
    await t.throwsAsync(openCredential(key, seal(DIRECT, plain()), HERE), { code: 'credential-unreadable' });
    await t.throwsAsync(sealCredential(key, '5.1', credential()));
  });
}

test('credential: any text is refused with its code', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.array(fc.base64String(), { minLength: 5, maxLength: 5 })),
      async (value) => {
        const text = typeof value === 'string' ? value : value.join('.');
        await t.throwsAsync(openCredential(KEY, text, HERE), { code: 'credential-unreadable' });
      },
    ),
  );
});
