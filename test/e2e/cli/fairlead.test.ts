import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildCli } from '../../../tools/build/cli.js';
import { startChild } from '../../kit/child.js';
import { accessesOf } from '../../kit/cli/shop.js';
import { cleanEnv, joinEngine } from '../../kit/docker/setup.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const run = promisify(execFile);

const scope = fileScope();
let started: ReturnType<typeof startSetup> | undefined;
const setup = () => {
  started ??= startSetup();
  return started;
};

/** The bundle as a user of a new home runs it, against a hub with the shared engine as `shop`. */
async function startSetup() {
  const engine = await sharedEngine();
  const hub = await startHub(scope, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
  const environment = { name: 'shop' };
  const { environmentId } = await joinEngine(scope, hub, engine.socketPath, { environment });
  const home = await tempFolder(scope);
  const bundle = join(home, 'fairlead.mjs');
  await buildCli(bundle);
  const env = { ...cleanEnv(), HOME: home, XDG_RUNTIME_DIR: home };
  return { engine, hub, environmentId, home, bundle, env };
}

serialLabTest('fairlead: from a login at a terminal to docker clients and back', async (t) => {
  const { engine, hub, environmentId, home, bundle, env } = await setup();
  const side = { kind: 'hub' as const, program: process.execPath, args: [bundle], env };
  const fairlead = (...args: string[]) => run(process.execPath, [bundle, ...args], { env });

  const login = startTerminal(t, side, ['login', hub.origin]);
  await login.untilOutput(/SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}[\s\S]*Trust it from now on\? \[y\/N\] /);
  login.write('y\r');
  await login.untilOutput(/Password of .*: /);
  login.write(`${hub.password}\r`);
  const { code, output } = await login.end();
  t.is(code, 0, output);
  t.regex(output, /Logged in to /);
  t.false(output.includes(hub.password));

  const name = `fairlead-${process.pid}`;
  t.teardown(() => engine.docker(['rm', '-f', name], { allowFailure: true }));
  await fairlead('context', 'shop');
  const context = ['--context', 'shop'];
  await run('docker', [...context, 'run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600'], { env });
  const list = ['ps', '--filter', `name=${name}`, '--format', '{{.Names}}'];
  t.is((await run('docker', [...context, ...list], { env })).stdout, `${name}\n`);
  t.is((await fairlead('exec', 'shop', '--', 'docker', ...list)).stdout, `${name}\n`);
  const failed = await fairlead('exec', 'shop', '--', 'docker', 'exec', name, 'sh', '-c', 'exit 9').catch(
    (error) => error,
  );
  t.is(failed.code, 9);

  const connected = startChild(t, process.execPath, [bundle, 'connect', 'shop'], env);
  const address = await connected.untilLine(/^unix:/);
  const socket = address.replace('unix://', '');
  t.is(socket, join(home, 'fairlead', 'shop.sock'));
  const ping = await run('curl', ['-sS', '--unix-socket', socket, 'http://d/_ping'], { env });
  t.is(ping.stdout, 'OK');
  // Hijacked streams and their half-close pass, too.
  const echo = run('docker', ['-H', address, 'exec', '-i', name, 'cat'], { env });
  echo.child.stdin?.end('through the socket\n');
  t.is((await echo).stdout, 'through the socket\n');
  t.is(await connected.kill('SIGTERM'), 0);
  t.false(existsSync(socket));

  await fairlead('logout');
  t.deepEqual(await accessesOf(hub, environmentId), []);
  t.is((await hub.call<{ tokens: unknown[] }>('GET', '/api/tokens')).body.tokens.length, 0);
  t.false(existsSync(join(home, '.config/fairlead/hubs.json')));
  const gone = await run('docker', [...context, 'ps'], { env }).catch((error) => error);
  t.regex(gone.stderr, /context "shop"(: context not found| not found| does not exist)/);
});

serialLabTest(
  'fairlead: Ctrl-C at the password leaves the terminal and the files as they were',
  async (t) => {
    const { hub, home, bundle, env } = await setup();
    const side = { kind: 'hub' as const, program: process.execPath, args: [bundle], env };
    const login = startTerminal(t, side, ['login', hub.origin, '--ca', join(hub.dataDir, 'host/ca.pem')]);
    await login.untilOutput(/Password of .*: /);
    login.write('\u0003');
    t.is((await login.end()).code, 130);
    t.false(existsSync(join(home, '.config/fairlead/hubs.json')));
  },
);
