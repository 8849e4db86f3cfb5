import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import test from 'ava';
import { readGivenCertificate } from '../../../host/certificates/given-certificate.js';
import { HttpsServer } from '../../../host/http/server.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { makeFolder } from '../start-host.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const NAMES = ['localhost', '127.0.0.1', '::1', 'hub.example'];

test('certificate: a given one is used unchanged, and its root is published if the file contains it', async (t) => {
  const folder = await makeFolder(t);
  const own = await ownCertificate(folder, NAMES, START, randomBytes);
  const [certFile, keyFile] = [join(folder, 'given.pem'), join(folder, 'given-key.pem')];
  await writeFile(keyFile, own.key);
  await writeFile(certFile, own.cert);
  t.deepEqual(await readGivenCertificate(certFile, keyFile), own);
  const alone = await readFile(join(folder, 'server.pem'), 'utf8');
  await writeFile(certFile, alone);
  t.deepEqual(await readGivenCertificate(certFile, keyFile), { cert: alone, key: own.key });
});

test('certificate: a given one with the key of another is refused with the names of both files', async (t) => {
  const folder = await makeFolder(t);
  await ownCertificate(folder, NAMES, START, randomBytes);
  const given = readGivenCertificate(join(folder, 'server.pem'), join(folder, 'ca-key.pem'));
  await t.throwsAsync(given, {
    instanceOf: TypeError,
    message: /server\.pem and .*ca-key\.pem cannot be used/,
  });
  await writeFile(join(folder, 'empty.pem'), '');
  for (const [cert, key] of [
    ['server.pem', 'empty.pem'],
    ['empty.pem', 'server-key.pem'],
  ] as const) {
    await t.throwsAsync(readGivenCertificate(join(folder, cert), join(folder, key)), {
      instanceOf: TypeError,
    });
  }
});

test('certificate: a running server presents another one to new connections', async (t) => {
  const folder = await makeFolder(t);
  const [first, second] = [
    await ownCertificate(folder, NAMES, Date.now(), randomBytes),
    await ownCertificate(folder, [...NAMES, 'new.example'], Date.now(), randomBytes),
  ];
  const server = new HttpsServer(first, {
    request: (_, res) => res.end(),
    upgrade: (_, socket) => socket.destroy(),
  });
  t.teardown(() => server.stop());
  const port = await server.start(0, '127.0.0.1');
  const presented = async () => {
    const socket = connect({ port, host: '127.0.0.1', ca: first.ca });
    await once(socket, 'secureConnect');
    const text = socket.getPeerX509Certificate()?.toString();
    socket.destroy();
    return text;
  };
  t.true(first.cert.startsWith(String(await presented())));
  server.renew(second);
  t.true(second.cert.startsWith(String(await presented())));
});
