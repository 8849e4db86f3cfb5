import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fingerprintOf, sshPublicKeyBlob } from '../../../protocol/crypto/fingerprint.js';
import vectors from '../../../protocol/vectors.json' with { type: 'json' };

/**
 * Whether OpenSSH is on this machine. If not, its recorded output for fixed keys is used: the
 * member `sshKeygen` of the vectors.
 */
const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Runs ssh-keygen on a file with this content; `@` among the arguments is replaced by its path. */
function sshKeygen(t: ExecutionContext, content: string | Buffer, ...args: string[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-fingerprint-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'key');
  writeFileSync(file, content);
  const command = args.map((arg) => (arg === '@' ? file : arg));
  const { status, stdout, stderr } = spawnSync('ssh-keygen', command, { encoding: 'utf8' });
  t.is(status, 0, stderr);
  return stdout;
}

test('fingerprint: is what ssh-keygen -lf prints, plus padding', (t) => {
  for (const { jwk, sshKeygen: printed } of vectors.fingerprints) {
    t.is(`SHA256:${fingerprintOf(createPublicKey({ key: jwk, format: 'jwk' }))}`, `${printed}=`);
  }
  if (!hasSshKeygen) {
    t.log('no ssh-keygen here: compared with what it printed of the keys in vectors.json');
    return;
  }
  const fixed = vectors.fingerprints.map(({ jwk }) => createPublicKey({ key: jwk, format: 'jwk' }));
  for (const key of [...fixed, newKey().publicKey, newKey().publicKey]) {
    const line = `ecdsa-sha2-nistp256 ${sshPublicKeyBlob(key).toString('base64')} test\n`;
    t.is(
      /^256 (\S+) /.exec(sshKeygen(t, line, '-lf', '@'))?.[1],
      `SHA256:${fingerprintOf(key).slice(0, -1)}`,
    );
  }
});

test('fingerprint: the blob is the one OpenSSH makes of the same key', (t) => {
  for (const { jwk, openSsh } of vectors.fingerprints) {
    const blob = sshPublicKeyBlob(createPublicKey({ key: jwk, format: 'jwk' }));
    t.is(`ecdsa-sha2-nistp256 ${blob.toString('base64')}`, openSsh);
  }
  if (!hasSshKeygen) return;
  const { publicKey } = newKey();
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const line = sshKeygen(t, pem, '-i', '-m', 'PKCS8', '-f', '@').trim();
  t.is(line, `ecdsa-sha2-nistp256 ${sshPublicKeyBlob(publicKey).toString('base64')}`);
});

test('fingerprint: the blob has 104 bytes and ends in the uncompressed point, leading zeros kept', (t) => {
  let shortest = 255;
  // One coordinate in 128 starts with a zero byte: 2,000 keys would miss it once in 10^6 runs.
  for (let i = 0; i < 2000 && shortest > 0; i++) {
    const { publicKey } = newKey();
    const blob = sshPublicKeyBlob(publicKey);
    const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
    t.is(blob.length, 104);
    t.deepEqual(blob.subarray(-65), point);
    shortest = Math.min(shortest, point[1] ?? 255, point[33] ?? 255);
  }
  t.is(shortest, 0);
});

test('fingerprint: names the key, whichever form it comes in', (t) => {
  const { publicKey, privateKey } = newKey();
  t.is(fingerprintOf(privateKey), fingerprintOf(publicKey));
  t.is(fingerprintOf(createPublicKey(privateKey)), fingerprintOf(publicKey));
  t.not(fingerprintOf(newKey().publicKey), fingerprintOf(publicKey));
});

const OTHER_KEYS: [title: string, make: () => KeyObject][] = [
  ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
  ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
  ['Ed25519', () => generateKeyPairSync('ed25519').publicKey],
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
];

for (const [title, make] of OTHER_KEYS) {
  test(`fingerprint: refuses a key of ${title}`, (t) => {
    const key = make();
    t.throws(() => fingerprintOf(key), { instanceOf: TypeError, message: /not ECDSA P-256/ });
  });
}
