import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { connect } from 'node:tls';
import test from 'ava';
import { runHost, started } from './host-process.js';
import { callHttps, makeFolder } from './start-host.js';

const PASSWORD_LINE = /^fairlead: admin password (\S+) /;

test('main: the first start prints its password once, the second keeps CA and password, SIGTERM ends both', async (t) => {
  const dataDir = await makeFolder(t);
  const env = {
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_BIND: '127.0.0.1',
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: '0',
    FAIRLEAD_DOCKER_PORT: 'none',
  };
  const first = runHost(t, env);
  const { port, lines } = await started(first);
  const password = lines.map((line) => PASSWORD_LINE.exec(line)?.[1]).find((found) => found !== undefined);
  t.regex(password ?? '', /^[\w-]{20}$/);
  const ca = await readFile(join(dataDir, 'host', 'ca.pem'), 'utf8');
  const signIn = async (at: number) =>
    (await callHttps(at, ca, '/api/session', { method: 'POST', body: { password } })).status;
  t.is(await signIn(port), 200);

  const idle = connect({ port, host: '127.0.0.1', ca });
  idle.on('error', () => undefined);
  await once(idle, 'secureConnect');
  const began = performance.now();
  first.child.kill('SIGTERM');
  t.is((await first.ended).code, 0);
  t.true(performance.now() - began < 5000, 'an open connection does not hold up the end');

  const second = runHost(t, env);
  const again = await started(second);
  t.is(again.lines.length, 1, 'no password the second time');
  t.is(await readFile(join(dataDir, 'host', 'ca.pem'), 'utf8'), ca);
  t.is(await signIn(again.port), 200);
  second.child.kill('SIGINT');
  t.is((await second.ended).code, 0);
});

test('main: a malformed variable ends with 78 and one line that names it', async (t) => {
  const { ended } = runHost(t, { FAIRLEAD_PORT: 'https' });
  t.deepEqual(await ended, { code: 78, stderr: 'fairlead: FAIRLEAD_PORT must be a port, 0 to 65535\n' });
});

test('main: an unusable data folder ends with 1 and one line that says why', async (t) => {
  const { ended } = runHost(t, { FAIRLEAD_DATA_DIR: '/dev/null/data' });
  const { code, stderr } = await ended;
  t.is(code, 1);
  t.regex(stderr, /^fairlead: cannot start: .*ENOTDIR.*\n$/);
});

test('main: --help prints the table of variables', async (t) => {
  const { child, ended } = runHost(t, {}, ['--help']);
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  t.deepEqual(await ended, { code: 0, stderr: '' });
  t.regex(text, /FAIRLEAD_TUNNEL_PORT .* \[8000\]/);
});

test('main: a plugin that cannot start is logged in one line, and the dashboard runs', async (t) => {
  const rival = createServer().listen(0, '127.0.0.1');
  await once(rival, 'listening');
  t.teardown(() => rival.close());
  const { port: taken } = rival.address() as AddressInfo;
  const host = runHost(t, {
    FAIRLEAD_DATA_DIR: await makeFolder(t),
    FAIRLEAD_BIND: '127.0.0.1',
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: String(taken),
    FAIRLEAD_DOCKER_PORT: 'none',
    FAIRLEAD_LOG_LEVEL: 'silent',
  });
  const lines = createInterface({ input: host.child.stdout as Readable });
  const isUp = (line: string) => /dashboard https:.* {2}tunnel none$/.test(line);
  for await (const line of lines) if (isUp(line)) break;
  host.child.kill('SIGTERM');
  const { code, stderr } = await host.ended;
  t.is(code, 0);
  t.regex(stderr, /^fairlead: plugin failed: fairlead: .*EADDRINUSE.*\n$/);
});
