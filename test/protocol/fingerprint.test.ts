import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fingerprintOf, sshPublicKeyBlob } from '../../protocol/fingerprint.js';

const sshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const nothingMayBeSkipped = process.env.CI === 'true' || process.env.REQUIRE_DOCKER === '1';
/** Where OpenSSH is missing the committed vectors stand for it, except where nothing may be skipped. */
const withSshKeygen = sshKeygen || nothingMayBeSkipped ? test : test.skip;

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** What OpenSSH itself says of the key, through the format of its own `.pub` files. */
function printedBySshKeygen(t: ExecutionContext, key: KeyObject): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-fingerprint-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'key.pub');
  writeFileSync(file, `ecdsa-sha2-nistp256 ${sshPublicKeyBlob(key).toString('base64')} test\n`);
  const { status, stdout, stderr } = spawnSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  return /^256 SHA256:(\S+) /.exec(stdout)?.[1];
}

withSshKeygen('fingerprint: is what ssh-keygen -lf prints, plus padding', (t) => {
  for (let i = 0; i < 5; i++) {
    const { publicKey } = newKey();
    t.is(fingerprintOf(publicKey), `${printedBySshKeygen(t, publicKey)}=`);
  }
});

withSshKeygen('fingerprint: OpenSSH converts our PEM to the same blob', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-fingerprint-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const { publicKey } = newKey();
  const file = join(dir, 'key.pem');
  writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
  const { stdout } = spawnSync('ssh-keygen', ['-i', '-m', 'PKCS8', '-f', file], { encoding: 'utf8' });
  t.is(stdout.trim(), `ecdsa-sha2-nistp256 ${sshPublicKeyBlob(publicKey).toString('base64')}`);
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
