import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { certificateProblems } from '../../host/certificates/problems.js';
import {
  issueServerCertificate,
  type KeyedCertificate,
  makeAuthority,
} from '../../protocol/certificates/authority.js';
import { LogRecorder } from '../kit/log-recorder.js';
import { untilTrue } from '../kit/until.js';
import { runHost, started } from './host-process.js';
import { callHttps, makeFolder, PASSWORD, startHost, withWallClock } from './start-host.js';

const HOUR_MS = 3_600_000;
/** How often the tests' hosts read files, and how long a change may stay unnoticed. */
const FILES_MS = 20;
const NOTICED_MS = 15_000;
const untilNoticed = (what: string, condition: () => boolean | Promise<boolean>) =>
  untilTrue(what, condition, { ms: NOTICED_MS });
const CHANGED_PASSWORD = 'another long password';

/** A host with a given certificate, and what its CA can issue. */
async function setup(t: ExecutionContext) {
  const dataDir = await makeFolder(t);
  const folder = await makeFolder(t);
  const authority = await makeAuthority(randomBytes);
  const issue = (now = Date.now()) => issueServerCertificate(authority, ['127.0.0.1'], now, randomBytes);
  await mkdir(join(dataDir, 'host'));
  await writeFile(join(dataDir, 'host', 'ca.pem'), authority.certificate);
  return { dataDir, folder, authority, issue };
}

async function writePair(folder: string, { certificate, key }: KeyedCertificate) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'cert.pem'), certificate);
  await writeFile(join(folder, 'key.pem'), key);
}

const files = (folder: string) => ({
  certFile: join(folder, 'cert.pem'),
  keyFile: join(folder, 'key.pem'),
});

/** Whether a new connection is shown this certificate. */
async function presents(port: number, ca: string, pair: KeyedCertificate): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  const raw = socket.getPeerX509Certificate()?.raw;
  socket.destroy();
  return raw?.equals(new X509Certificate(pair.certificate).raw) ?? false;
}

const problemsOf = async (host: { call(path: string): Promise<{ json(): object }> }) =>
  Reflect.get((await host.call('/healthz')).json(), 'problems') as string[];

test('reload: a certificate that is renamed into place, or swapped by a symbolic link, is in use within seconds', async (t) => {
  const { dataDir, folder, authority, issue } = await setup(t);
  const [first, second, third] = await Promise.all([issue(), issue(), issue()]);
  // As Kubernetes lays a secret out: the files lead through a link that is replaced.
  await writePair(join(folder, 'a'), first);
  await writePair(join(folder, 'b'), second);
  await symlink('a', join(folder, 'current'));
  const tls = files(join(folder, 'current'));
  const host = await startHost(t, { dataDir, config: { tls }, deps: { filesMs: FILES_MS } });
  const shows = (pair: KeyedCertificate) => presents(host.port, authority.certificate, pair);
  t.true(await shows(first));
  await symlink('b', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'current'));
  await untilNoticed('the other link', () => shows(second));
  await writePair(join(folder, 'c'), third);
  await rename(join(folder, 'c', 'key.pem'), tls.keyFile);
  await rename(join(folder, 'c', 'cert.pem'), tls.certFile);
  await untilNoticed('the renamed pair', () => shows(third));
  t.deepEqual(await problemsOf(host), []);
});

test('reload: half-written and missing pairs change nothing, and /healthz and the log say so', async (t) => {
  const { dataDir, folder, authority, issue } = await setup(t);
  const [first, second] = await Promise.all([issue(), issue()]);
  await writePair(folder, first);
  const tls = files(folder);
  const logger = new LogRecorder();
  const host = await startHost(t, { dataDir, config: { tls }, deps: { filesMs: FILES_MS, logger } });
  const isUnreadable = async () => (await problemsOf(host)).includes('certificate-unreadable');
  await writeFile(tls.certFile, second.certificate);
  await untilNoticed('the certificate without its key', isUnreadable);
  t.true(await presents(host.port, authority.certificate, first));
  await writeFile(tls.certFile, second.certificate.slice(0, 200));
  await host.reload();
  t.true(await isUnreadable());
  await rename(tls.certFile, `${tls.certFile}.gone`);
  await host.reload();
  t.true(await presents(host.port, authority.certificate, first));
  t.is(logger.lines.filter(({ message }) => /last good one/.test(message)).length, 1);
  await writePair(folder, second);
  await untilNoticed('the whole pair', async () => !(await isUnreadable()));
  t.true(await presents(host.port, authority.certificate, second));
});

test('reload: an expired certificate is reported', async (t) => {
  const { dataDir, folder, issue } = await setup(t);
  await writePair(folder, await issue());
  const clock = { ms: Date.now() };
  const deps = { filesMs: FILES_MS, clock: withWallClock(() => clock.ms) };
  const host = await startHost(t, { dataDir, config: { tls: files(folder) }, deps });
  t.deepEqual(await problemsOf(host), []);
  clock.ms += 390 * 24 * HOUR_MS;
  await untilNoticed('the near end', async () => (await problemsOf(host)).join() === 'certificate-ends-soon');
  clock.ms += 20 * 24 * HOUR_MS;
  await untilNoticed('the end', async () => (await problemsOf(host)).join() === 'certificate-not-valid');
});

test('reload: certificates of 12 and 24 hours are reported when their renewal is overdue, not before', async (t) => {
  const start = Date.now();
  for (const hours of [12, 24]) {
    const ends = start + hours * HOUR_MS;
    const span = { begins: new Date(start), ends: new Date(ends) };
    const { certificate, key } = await makeAuthority(randomBytes, span);
    const problems = (ms: number) => certificateProblems({ cert: certificate, key }, ms);
    // By then clients such as step-ca's and Caddy have renewed: they do so with a third left.
    t.deepEqual(problems(start + (hours * HOUR_MS * 3) / 4), [], `${hours} h`);
    t.deepEqual(problems(ends - (hours * HOUR_MS) / 8), ['certificate-ends-soon'], `${hours} h`);
    t.deepEqual(problems(ends + 1_000), ['certificate-not-valid'], `${hours} h`);
  }
});

test('reload: the admin password follows its file, and an empty or missing file changes nothing', async (t) => {
  const adminPasswordFile = join(await makeFolder(t), 'password');
  await writeFile(adminPasswordFile, `${PASSWORD}\n`);
  const host = await startHost(t, { config: { adminPasswordFile }, deps: { filesMs: FILES_MS } });
  const signIn = async (password: string) =>
    (await host.call('/api/session', { method: 'POST', body: { password } })).status;
  const headers = await host.signIn();
  await writeFile(adminPasswordFile, '');
  await host.reload();
  t.is(await signIn(PASSWORD), 200);
  await writeFile(adminPasswordFile, CHANGED_PASSWORD);
  await untilNoticed(
    'the password',
    async () => (await host.call('/api/session', { headers })).status === 401,
  );
  t.is(await signIn(CHANGED_PASSWORD), 200);
  t.is(await signIn(PASSWORD), 401);
});

test('reload: the public CA follows its file', async (t) => {
  const publicCaFile = join(await makeFolder(t), 'ca.pem');
  const [first, second] = await Promise.all([makeAuthority(randomBytes), makeAuthority(randomBytes)]);
  await writeFile(publicCaFile, first.certificate);
  const config = { publicCa: first.certificate, publicCaFile };
  const pluginFolders = [fileURLToPath(new URL('../..', import.meta.url))];
  const host = await startHost(t, { config, deps: { filesMs: FILES_MS, pluginFolders } });
  const ca = async () => (await host.call('/edge/api/ca.pem')).text;
  t.is(await ca(), first.certificate);
  await writeFile(publicCaFile, second.certificate);
  await untilNoticed('the CA', async () => (await ca()) === second.certificate);
});

test('reload: SIGHUP reads all files again and ends nothing', async (t) => {
  const { dataDir, folder, authority, issue } = await setup(t);
  const [first, second] = await Promise.all([issue(), issue()]);
  await writePair(folder, first);
  const password = join(folder, 'password');
  await writeFile(password, PASSWORD);
  const { certFile, keyFile } = files(folder);
  const host = runHost(t, {
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_BIND: '127.0.0.1',
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: '0',
    FAIRLEAD_DOCKER_PORT: 'none',
    FAIRLEAD_TLS_CERT: certFile,
    FAIRLEAD_TLS_KEY: keyFile,
    FAIRLEAD_ADMIN_PASSWORD_FILE: password,
  });
  const { port } = await started(host);
  await writePair(folder, second);
  await writeFile(password, CHANGED_PASSWORD);
  host.child.kill('SIGHUP');
  await host.logged(/a new certificate is in use/);
  await host.logged(/"setting":"FAIRLEAD_ADMIN_PASSWORD_FILE"/);
  t.true(await presents(port, authority.certificate, second));
  const body = { password: CHANGED_PASSWORD };
  t.is((await callHttps(port, authority.certificate, '/api/session', { method: 'POST', body })).status, 200);
  host.child.kill('SIGTERM');
  t.is((await host.ended).code, 0);
});
