import { randomBytes } from 'node:crypto';
import test from 'ava';
import { hashPassword, verifyPassword } from '../../../host/auth/password.js';

const cheap = { logN: 4, r: 8, p: 1 };

test('password: verifies with the parameters stored in its hash', async (t) => {
  const phc = await hashPassword('secret', randomBytes(16), cheap);
  t.regex(phc, /^\$scrypt\$ln=4,r=8,p=1\$/);
  t.true(await verifyPassword('secret', phc));
  t.false(await verifyPassword('Secret', phc));
  t.false(await verifyPassword('', phc));
});

test('password: costs 64 MiB by default', async (t) => {
  const phc = await hashPassword('secret', randomBytes(16));
  t.regex(phc, /^\$scrypt\$ln=16,r=8,p=2\$/);
  t.true(await verifyPassword('secret', phc));
});

test('password: agrees with the test vector of RFC 7914', async (t) => {
  const phc = await hashPassword('pleaseletmein', Buffer.from('SodiumChloride'), { logN: 14, r: 8, p: 1 });
  const hash = Buffer.from(phc.split('$').at(-1) ?? '', 'base64').toString('hex');
  t.is(hash, '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
});

test('password: another Unicode composition of the same password is accepted', async (t) => {
  const phc = await hashPassword('caf\u00e9', randomBytes(16), cheap);
  t.true(await verifyPassword('cafe\u0301', phc));
});

test('password: a malformed hash is an error, not a wrong password', async (t) => {
  await t.throwsAsync(verifyPassword('secret', 'md5:00'), { instanceOf: TypeError });
});
