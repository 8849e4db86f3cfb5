import { createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError } from '../../../../agent-image/src/config/error.js';
import { loadInstanceKey } from '../../../../agent-image/src/machine/instance-key.js';
import { openInstanceSecret, sealInstanceSecret } from '../../../../protocol/crypto/instance-secret.js';

async function setup(t: ExecutionContext) {
  const dir = await mkdtemp(join(tmpdir(), 'instance-key-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const warnings: unknown[] = [];
  return { dir, warnings, log: { warn: (entry: unknown) => void warnings.push(entry) } };
}

test('instance key: is made once and read again, private to its owner', async (t) => {
  const { dir, log, warnings } = await setup(t);
  const dataDir = join(dir, 'made', 'by-the-agent');
  const first = await loadInstanceKey(dataDir, log);
  const second = await loadInstanceKey(dataDir, log);
  t.is(second.instanceId, first.instanceId);
  t.is(second.publicKey, first.publicKey);
  t.is((await stat(join(dataDir, 'instance.json'))).mode & 0o777, 0o600);
  t.deepEqual(await readdir(dataDir), ['instance.json']);
  t.deepEqual(warnings, []);
});

test('instance key: differs between data directories', async (t) => {
  const { dir, log } = await setup(t);
  const first = await loadInstanceKey(join(dir, '1'), log);
  const second = await loadInstanceKey(join(dir, '2'), log);
  t.not(first.instanceId, second.instanceId);
  t.not(first.publicKey, second.publicKey);
});

test('instance key: opens after a restart what was sealed for its public half', async (t) => {
  const { dir, log } = await setup(t);
  const { publicKey } = await loadInstanceKey(dir, log);
  const sealed = await sealInstanceSecret({ kty: 'OKP', crv: 'X25519', x: publicKey }, Buffer.alloc(32, 7));
  const { privateKey } = await loadInstanceKey(dir, log);
  t.deepEqual(await openInstanceSecret(privateKey, sealed), Buffer.alloc(32, 7));
  t.is(createPublicKey(privateKey).export({ format: 'jwk' }).x, publicKey);
});

const damages: [name: string, damage: (text: string) => string][] = [
  ['empty', () => ''],
  ['cut short', (text) => text.slice(0, -20)],
  ['of another version', (text) => text.replace('"version":1', '"version":2')],
  ['without a usable key', (text) => text.replace(/"d":"[^"]+"/, '"d":"AAAA"')],
];

for (const [name, damage] of damages) {
  test(`instance key: a file that is ${name} is an error and stays as it is`, async (t) => {
    const { dir, log } = await setup(t);
    await loadInstanceKey(dir, log);
    const path = join(dir, 'instance.json');
    const damaged = damage(await readFile(path, 'utf8'));
    await writeFile(path, damaged);
    const error = await t.throwsAsync(loadInstanceKey(dir, log), { instanceOf: ConfigError });
    t.is(error?.code, 'data-dir-damaged');
    t.true(error?.message.includes(path));
    t.is(await readFile(path, 'utf8'), damaged);
  });
}

test('instance key: a file that cannot be read is an error', async (t) => {
  const { dir, log } = await setup(t);
  await mkdir(join(dir, 'instance.json'));
  await t.throwsAsync(loadInstanceKey(dir, log), { code: 'data-dir-damaged' });
});

test('instance key: is kept in memory, with a warning, where the data directory cannot be made', async (t) => {
  const { dir, log, warnings } = await setup(t);
  await writeFile(join(dir, 'file'), '');
  const key = await loadInstanceKey(join(dir, 'file', 'data'), log);
  t.regex(key.publicKey, /^[A-Za-z0-9_-]{43}$/);
  t.like(warnings, [{ code: 'data-dir-unwritable', err: { code: 'ENOTDIR' } }]);
});
