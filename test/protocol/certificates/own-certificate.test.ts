import { execFile } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { promisify } from 'node:util';
import test from 'ava';
import { certificateProblems } from '../../../host/certificates/problems.js';
import { makeAuthority } from '../../../protocol/certificates/authority.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { tempFolder } from '../../kit/temp-folder.js';

const run = promisify(execFile);
const DAY_MS = 24 * 60 * 60 * 1000;
const START = Date.parse('2026-01-01T00:00:00Z');
const NAMES = ['localhost', '127.0.0.1', '::1', 'hub.example'];

test('certificate: openssl accepts chain, names and purpose in strict mode', async (t) => {
  const folder = await tempFolder(t);
  await ownCertificate(folder, NAMES, Date.now(), randomBytes);
  const verify = (...more: string[]) =>
    run('openssl', [
      ...[
        'verify',
        '-x509_strict',
        '-check_ss_sig',
        '-purpose',
        'sslserver',
        '-CAfile',
        join(folder, 'ca.pem'),
      ],
      ...[...more, join(folder, 'server.pem')],
    ]);
  t.regex((await verify('-verify_hostname', 'hub.example')).stdout, /: OK\n/);
  t.regex((await verify('-verify_ip', '::1')).stdout, /: OK\n/);
  await t.throwsAsync(verify('-verify_hostname', 'other.example'));
});

test('certificate: Node accepts it under each of its names with the CA alone', async (t) => {
  const own = await ownCertificate(await tempFolder(t), NAMES, Date.now(), randomBytes);
  const server = createServer({ cert: own.cert, key: own.key }, (socket) => socket.end());
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const authorized = (name: string) =>
    new Promise<boolean>((resolve, reject) => {
      const socket = connect({ port: port ?? 0, host: '127.0.0.1', ca: own.ca, ...nameFor(name) }, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  for (const name of ['localhost', 'hub.example']) t.true(await authorized(name));
  await t.throwsAsync(authorized('other.example'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

function nameFor(servername: string) {
  return { servername };
}

test('certificate: is valid for at most 398 days, its CA does not expire, and the keys are private files', async (t) => {
  const folder = await tempFolder(t);
  const { cert, ca } = await ownCertificate(folder, NAMES, START, randomBytes);
  const days = (text: string) => {
    const { validFrom, validTo } = new X509Certificate(text);
    return (Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS;
  };
  t.true(days(cert) <= 398);
  const { validFrom, validTo } = new X509Certificate(ca ?? '');
  t.deepEqual(
    [Date.parse(validFrom), Date.parse(validTo)],
    [0, Date.parse('9999-12-31T23:59:59Z')],
    'the clock of the first start plays no part',
  );
  for (const file of ['ca-key.pem', 'server-key.pem']) {
    t.is((await stat(join(folder, file))).mode & 0o777, 0o600, file);
  }
});

test('certificate: is kept while it has all names and enough time left', async (t) => {
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  t.deepEqual(await ownCertificate(folder, NAMES.slice(1), START + 300 * DAY_MS, randomBytes), first);
});

test('certificate: a new name or a near expiry gives a new one from the same CA', async (t) => {
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  const named = await ownCertificate(folder, [...NAMES, 'new.example'], START, randomBytes);
  t.is(named.ca, first.ca);
  t.not(named.key, first.key);
  t.is(new X509Certificate(named.cert).checkHost('new.example'), 'new.example');
  const later = await ownCertificate(folder, NAMES, START + 380 * DAY_MS, randomBytes);
  t.is(later.ca, first.ca);
  t.not(later.cert, named.cert);
});

test('certificate: no clock replaces the CA, and with a correct clock the certificate is valid', async (t) => {
  const [epoch, ahead] = [Date.parse('1970-01-01T00:05:00Z'), START + 12 * 365 * DAY_MS];
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, epoch, randomBytes);
  for (const now of [
    START,
    START + DAY_MS / 2,
    START + 100 * DAY_MS,
    ahead,
    epoch,
    START + 2 * DAY_MS,
    START,
  ]) {
    const own = await ownCertificate(folder, NAMES, now, randomBytes);
    t.is(own.ca, first.ca);
    t.deepEqual(certificateProblems(own, now), [], new Date(now).toISOString());
    t.true(new X509Certificate(own.cert).verify(new X509Certificate(own.ca ?? '').publicKey));
  }
});

test('certificate: a CA of ten years outlives a boot before and after its time, and so does its certificate', async (t) => {
  const folder = await tempFolder(t);
  await writeTenYearCa(folder);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  for (const [now, problems] of [
    [Date.parse('1970-01-01T00:05:00Z'), ['certificate-not-valid', 'ca-not-valid']],
    [START + 12 * 365 * DAY_MS, ['certificate-not-valid', 'ca-not-valid']],
    [START, []],
  ] as const) {
    const own = await ownCertificate(folder, NAMES, now, randomBytes);
    t.deepEqual(own, first);
    t.deepEqual(certificateProblems(own, now), problems);
  }
  const late = START + 3640 * DAY_MS;
  const last = await ownCertificate(folder, NAMES, late, randomBytes);
  t.is(last.ca, first.ca);
  t.deepEqual(certificateProblems(last, late), ['certificate-ends-soon', 'ca-ends-soon']);
  t.deepEqual(await ownCertificate(folder, NAMES, late, randomBytes), last, 'no renewal can serve longer');
});

test('certificate: a damaged or incomplete CA is never replaced; removing it creates a new one', async (t) => {
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  const file = join(folder, 'ca-key.pem');
  const good = await readFile(file, 'utf8');
  await writeFile(file, good.slice(0, -40));
  await t.throwsAsync(ownCertificate(folder, NAMES, START, randomBytes), {
    message: /ca-key\.pem is damaged/,
  });
  await rm(file);
  await t.throwsAsync(ownCertificate(folder, NAMES, START, randomBytes), {
    message: /ca-key\.pem is missing/,
  });
  await writeFile(file, good);
  await rm(join(folder, 'ca.pem'));
  t.is((await ownCertificate(folder, NAMES, START, randomBytes)).ca, first.ca);
  t.is(await readFile(join(folder, 'ca.pem'), 'utf8'), first.ca ?? '');
  await Promise.all([rm(file), rm(join(folder, 'ca.pem'))]);
  const second = await ownCertificate(folder, NAMES, START, randomBytes);
  t.not(second.ca, first.ca);
  t.true(new X509Certificate(second.cert).verify(new X509Certificate(second.ca ?? '').publicKey));
});

/** Replaces bytes of a certificate or key within its PEM frame. */
function damage(text: string, label: string): string {
  return text.replace(new RegExp(`(-----BEGIN ${label}-----\n.{20}).{8}`), '$1AAAAAAAA');
}

test('certificate: damage within a PEM frame, or a key of another CA, is found', async (t) => {
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  const [caFile, serverFile] = [join(folder, 'ca-key.pem'), join(folder, 'server-key.pem')];
  const [ca, server] = [await readFile(caFile, 'utf8'), await readFile(serverFile, 'utf8')];
  for (const label of ['CERTIFICATE', 'PRIVATE KEY']) {
    await writeFile(serverFile, damage(server, label));
    const next = await ownCertificate(folder, NAMES, START, randomBytes);
    t.is(next.ca, first.ca);
    t.deepEqual(certificateProblems(next, START), [], label);
  }
  const foreign = (await makeAuthority(randomBytes)).key;
  const lastByte = ca.replace(/(....)(\n-----END CERTIFICATE-----)/, 'AAAA$2');
  for (const text of [damage(ca, 'CERTIFICATE'), damage(ca, 'PRIVATE KEY'), first.ca + foreign, lastByte]) {
    await writeFile(caFile, text);
    await t.throwsAsync(ownCertificate(folder, NAMES, START, randomBytes), {
      message: /ca-key\.pem is damaged/,
    });
  }
});

/** As earlier versions made it. */
async function writeTenYearCa(folder: string): Promise<void> {
  const span = { begins: new Date(START - 60 * 60 * 1000), ends: new Date(START + 3650 * DAY_MS) };
  const { certificate, key } = await makeAuthority(randomBytes, span);
  await writeFile(join(folder, 'ca-key.pem'), certificate + key);
}

test('certificate: while the hub runs, a missing CA folder does not replace the CA', async (t) => {
  const folder = await tempFolder(t);
  const first = await ownCertificate(folder, NAMES, START, randomBytes);
  await rename(folder, `${folder}.away`);
  t.teardown(() => rm(`${folder}.away`, { recursive: true, force: true }));
  await t.throwsAsync(ownCertificate(folder, NAMES, START, randomBytes, false), { message: /is missing/ });
  await rename(`${folder}.away`, folder);
  t.deepEqual(await ownCertificate(folder, NAMES, START, randomBytes, false), first);
});
