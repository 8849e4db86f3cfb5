import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import type { RunningCli } from '../../kit/cli/run-cli.js';
import { accessesOf, type Shop, startShop } from '../../kit/cli/shop.js';
import { startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { until } from '../../kit/until.js';

const scope = fileScope();
let started: Promise<Shop> | undefined;
const setup = () => {
  started ??= startShop(scope);
  return started;
};

const ask = (options: RequestOptions) =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    get({ ...options, agent: false }, async (res) =>
      resolve({ status: res.statusCode, body: await text(res) }),
    ).on('error', reject);
  });
/** The first line of the result: where it listens. */
const listening = async ({ stdout }: RunningCli) => String((await once(stdout, 'data'))[0]).trim();

test.serial('connect: a local socket reaches the engine, and ends without traces', async (t) => {
  const { hub, user, shopId } = await setup();
  const socketPath = join(user.home, 'shop.sock');
  const running = user.start(['connect', 'shop', '--socket', socketPath]);
  t.is(await listening(running), `unix://${socketPath}`);
  t.deepEqual(await ask({ socketPath, path: '/_ping' }), { status: 200, body: 'OK' });
  t.deepEqual(
    (await accessesOf(hub, shopId)).map(({ name }) => name),
    ['connect on workstation'],
  );
  const second = await user.run(['connect', 'shop', '--socket', socketPath]);
  t.is(second.code, 1);
  t.regex(second.stderr, /Another process listens on/);

  running.signal('SIGINT');
  const { code, stderr } = await running.ended;
  t.is(code, 0);
  t.regex(stderr, /^Use it: docker -H unix:\/\/.*\/shop\.sock ps\. Ctrl-C ends it\n/);
  t.regex(stderr, /^shop: the tunnel (is active|sleeps|is being opened)/m);
  t.false(existsSync(socketPath));
  t.deepEqual(await accessesOf(hub, shopId), []);
});

test.serial('connect --port: a port of the loopback reaches the engine', async (t) => {
  const { user } = await setup();
  const running = user.start(['connect', 'shop', '--port', '0', '--json']);
  const { dockerHost } = JSON.parse(await listening(running));
  const [, port] = /^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(dockerHost) ?? [];
  t.is((await ask({ host: '127.0.0.1', port, path: '/_ping' })).body, 'OK');
  const taken = await user.run(['connect', 'shop', '--port', String(port), '--json']);
  t.is(taken.code, 1);
  t.deepEqual(JSON.parse(taken.stderr).error, {
    message: `Cannot listen 127.0.0.1:${port}: it is in use`,
    code: 'EADDRINUSE',
    nextStep: 'Choose another one with --port or --socket',
  });
  running.signal('SIGTERM');
  t.is((await running.ended).code, 0);
});

test.serial('connect: an access that is revoked is refused with the hub’s reason', async (t) => {
  const { hub, user, shopId } = await setup();
  const socketPath = join(user.home, 'revoked.sock');
  const running = user.start(['connect', 'shop', '--socket', socketPath]);
  await listening(running);
  for (const { id } of await accessesOf(hub, shopId))
    await hub.call('DELETE', `/edge/api/environments/${shopId}/docker-access/${id}`);
  const { body } = await until(
    () => ask({ socketPath, path: '/_ping' }),
    ({ status }) => status === 401,
  );
  t.regex(JSON.parse(body).message, /revoked/);
  running.signal('SIGTERM');
  t.is((await running.ended).code, 0);
});

test.serial(
  'exec: the command gets certificates that are revoked when it ends, with its exit code',
  async (t) => {
    const { hub, user, shopId } = await setup();
    const out = join(user.home, 'out');
    const script = `printf '%s\\n' "$DOCKER_HOST" "$DOCKER_TLS_VERIFY" "\${DOCKER_CONTEXT-none}" > ${out}
    ls -ld "$DOCKER_CERT_PATH" "$DOCKER_CERT_PATH"/* >> ${out}; exit 7`;
    const { code, stderr } = await user.run(['exec', 'shop', '--', 'sh', '-c', script], {
      env: { DOCKER_CONTEXT: 'elsewhere' },
    });
    t.is(code, 7, stderr);
    const [host, verify, context, folder, ...files] = (await readFile(out, 'utf8')).trim().split('\n');
    t.deepEqual([host, verify, context], [`tcp://localhost:${hub.dockerPort}`, '1', 'none']);
    t.regex(folder ?? '', /^drwx------/);
    t.is(files.length, 3);
    for (const file of files) t.regex(file, /^-rw------- .*\/(ca|cert|key)\.pem$/);
    t.false(existsSync(folder?.split(' ').at(-1) ?? ''));
    t.deepEqual(await accessesOf(hub, shopId), []);
    t.is((await user.run(['exec', 'shop', '--', 'no-such-command'])).code, 127);
    t.deepEqual(await accessesOf(hub, shopId), []);
  },
);

test.serial('exec: passes signals on, and ends as shells do', async (t) => {
  const { user } = await setup();
  const ready = join(user.home, 'ready');
  const running = user.start(['exec', 'shop', '--', 'sh', '-c', `: > ${ready}; exec sleep 600`]);
  await until(
    () => existsSync(ready),
    (exists) => exists,
    { ms: 30_000 },
  );
  running.signal('SIGTERM');
  t.is((await running.ended).code, 143);
});

test.serial('connect: after a restart of the hub it works again', async (t) => {
  const { hub, user } = await setup();
  const socketPath = join(user.home, 'restart.sock');
  const running = user.start(['connect', 'shop', '--socket', socketPath]);
  await listening(running);
  await hub.child.kill();
  const away = ask({ socketPath, path: '/_ping' });
  t.regex(
    JSON.parse((await away).body).message,
    /^fairlead: the hub cannot be reached: connect ECONNREFUSED/,
  );
  await startHub(scope, { like: hub });
  const back = await until(
    () => ask({ socketPath, path: '/_ping' }),
    ({ status }) => status === 200,
    { ms: 60_000 },
  );
  t.is(back.body, 'OK');
  running.signal('SIGINT');
  const { code, stderr } = await running.ended;
  t.is(code, 0);
  t.regex(stderr, /^shop: Cannot reach the Docker port: the connection is refused$/m);
  t.regex(stderr, /^shop: the Docker port is reachable again$/m);
});
