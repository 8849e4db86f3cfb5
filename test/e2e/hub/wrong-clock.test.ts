import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeAuthority } from '../../../protocol/certificates/authority.js';
import { runHost, started } from '../../host/host-process.js';
import { labTest } from '../../kit/engine/lab.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const EPOCH = '@1970-01-01 00:05:00';
const TWELVE_YEARS = '+12y';
const TEN_HOURS = '+10h';
const RIGHT = '+0';

/** A hub whose clock is what `setClock` wrote last; its timers are not affected. */
async function setup(t: Scope) {
  const folder = await tempFolder(t);
  const [clockFile, dataDir] = [join(folder, 'clock'), join(folder, 'data')];
  const env = {
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_BIND: '127.0.0.1',
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: '0',
    FAIRLEAD_DOCKER_PORT: 'none',
    // The loader replaces $LIB by the machine's library folder.
    LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  const setClock = (value: string) => writeFile(clockFile, `${value}\n`);
  const start = async (clock: string) => {
    await setClock(clock);
    const host = runHost(t, env);
    const { port } = await started(host);
    const stop = async () => {
      host.child.kill('SIGTERM');
      return host.ended;
    };
    return { ...host, port, stop };
  };
  const ca = () => readFile(join(dataDir, 'host', 'ca.pem'), 'utf8');
  return { dataDir, setClock, start, ca };
}

/** What `/healthz` reports to a client that does not check the certificate. */
async function health(port: number): Promise<{ status: string; problems: string[] }> {
  const req = request({ port, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false, agent: false });
  req.end();
  const [res] = await once(req, 'response');
  let text = '';
  for await (const chunk of res) text += chunk;
  return JSON.parse(text);
}

/** Resolves when a client with the right clock trusts the hub. */
async function trusts(port: number, ca: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  socket.destroy();
}

for (const first of [EPOCH, TEN_HOURS, TWELVE_YEARS]) {
  labTest(
    `wrong clock: a hub first started at ${first} is trusted once its clock is right, by the same CA`,
    async (t) => {
      const { setClock, start, ca } = await setup(t);
      const hub = await start(first);
      const made = await ca();
      t.like(await health(hub.port), { status: 'ok', problems: [] });
      await t.throwsAsync(trusts(hub.port, made), { message: /certificate/ });
      await setClock(RIGHT);
      hub.child.kill('SIGHUP');
      await hub.logged(/a new certificate is in use/);
      await trusts(hub.port, made);
      t.is(await ca(), made);
      await hub.stop();
    },
  );
}

labTest('wrong clock: starts at other times do not change the hub’s CA', async (t) => {
  const { start, ca } = await setup(t);
  const first = await start(RIGHT);
  const made = await ca();
  await first.stop();
  for (const clock of [TWELVE_YEARS, EPOCH, TEN_HOURS]) {
    await (await start(clock)).stop();
    t.is(await ca(), made, clock);
  }
  const last = await start(RIGHT);
  await trusts(last.port, made);
  await last.stop();
});

labTest(
  'wrong clock: a CA that is expired by this clock is kept, and both /healthz and the log say so',
  async (t) => {
    const { dataDir, start, ca } = await setup(t);
    const now = Date.now();
    const span = { begins: new Date(now - DAY_MS), ends: new Date(now + 3650 * DAY_MS) };
    const { certificate, key } = await makeAuthority(randomBytes, span);
    await mkdir(join(dataDir, 'host'), { recursive: true });
    await writeFile(join(dataDir, 'host', 'ca-key.pem'), certificate + key);
    await (await start(RIGHT)).stop();
    for (const clock of [TWELVE_YEARS, EPOCH]) {
      const hub = await start(clock);
      t.deepEqual(await health(hub.port).then(({ status, problems }) => ({ status, problems })), {
        status: 'degraded',
        problems: ['certificate-not-valid', 'ca-not-valid'],
      });
      await trusts(hub.port, certificate);
      t.regex((await hub.stop()).stderr, /"code":"ca-not-valid"/);
      t.is(await ca(), certificate);
    }
  },
);
