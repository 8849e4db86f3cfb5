import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import test from 'ava';
import { loadTunnelIdentity } from '../../../../plugin/server-hooks/tunnel/identity.js';
import { fingerprintOf } from '../../../../protocol/crypto/fingerprint.js';
import { type Clock, systemClock } from '../../../../protocol/time/clock.js';
import { tempFolder } from '../../../kit/temp-folder.js';

const at = (time: string): Clock => ({ ...systemClock, now: () => Date.parse(time) });
const CLOCK = at('2030-06-01T12:00:00Z');

test('tunnel identity: the key is made once, the certificate at each start', async (t) => {
  const folder = join(await tempFolder(t), 'data');
  const first = await loadTunnelIdentity(folder, CLOCK);
  const second = await loadTunnelIdentity(folder, at('2037-01-01T00:00:00Z'));
  t.is(second.key, first.key);
  t.is(second.fingerprint, first.fingerprint);
  t.not(second.certificate, first.certificate);
  t.deepEqual(await readdir(folder), ['tunnel-key.pem']);
  t.is((await stat(join(folder, 'tunnel-key.pem'))).mode & 0o777, 0o600);
  t.true(Object.isFrozen(first));
});

test('tunnel identity: each folder has its own key', async (t) => {
  const [one, other] = await Promise.all([
    loadTunnelIdentity(await tempFolder(t), CLOCK),
    loadTunnelIdentity(await tempFolder(t), CLOCK),
  ]);
  t.not(one.fingerprint, other.fingerprint);
});

test('tunnel identity: the certificate is self-signed, for this key, and valid from the day before for ten years', async (t) => {
  const { key, certificate, fingerprint } = await loadTunnelIdentity(await tempFolder(t), CLOCK);
  const parsed = new X509Certificate(certificate);
  t.true(parsed.verify(parsed.publicKey));
  t.true(parsed.checkPrivateKey(createPrivateKey(key)));
  t.is(fingerprintOf(parsed.publicKey), fingerprint);
  t.is(new Date(parsed.validFrom).toISOString(), '2030-05-31T12:00:00.000Z');
  t.is(new Date(parsed.validTo).getUTCFullYear(), 2040);
});

test('tunnel identity: a TLS 1.3 server can use it, and its peer sees the pinned key', async (t) => {
  const { key, certificate, fingerprint } = await loadTunnelIdentity(await tempFolder(t), systemClock);
  const server = tls.createServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, (socket) =>
    socket.end(),
  );
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  const peer = socket.getPeerX509Certificate();
  t.is(peer && fingerprintOf(peer.publicKey), fingerprint);
});

const pem = (key: ReturnType<typeof createPrivateKey>) =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
for (const [what, text] of Object.entries({
  'an empty file': '',
  'half a key': pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey).slice(0, 120),
  'a key on another curve': pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey),
  'an Ed25519 key': pem(generateKeyPairSync('ed25519').privateKey),
  'something else': 'hello',
})) {
  test(`tunnel identity: ${what} is tunnel-key-damaged and is never replaced`, async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'tunnel-key.pem');
    await writeFile(path, text);
    await t.throwsAsync(loadTunnelIdentity(folder, CLOCK), { code: 'tunnel-key-damaged' });
    await t.throwsAsync(loadTunnelIdentity(folder, CLOCK), { code: 'tunnel-key-damaged' });
    t.is(await readFile(path, 'utf8'), text);
  });
}
