import { once } from 'node:events';
import { lstat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { claimSocketPath, defaultSocketPath } from '../../../cli/connect/socket-path.js';
import type { Runtime } from '../../../cli/runtime.js';
import { startChild } from '../../kit/child.js';
import { tempFolder } from '../../kit/temp-folder.js';

test('socket path: a live socket and other files are left alone', async (t) => {
  const folder = await tempFolder(t);
  const live = join(folder, 'live.sock');
  const server = net.createServer().listen(live);
  t.teardown(() => server.close());
  await once(server, 'listening');
  await t.throwsAsync(claimSocketPath(live), { message: /Another process listens/ });
  t.true((await lstat(live)).isSocket());

  const file = join(folder, 'file');
  await writeFile(file, 'text');
  await t.throwsAsync(claimSocketPath(file), { message: /is not a socket/ });
  await t.throwsAsync(claimSocketPath(join(folder, 'x'.repeat(100))), { message: /longer than 103 bytes/ });
});

test('socket path: the socket of a killed process is removed, and folders are private', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'new', 'dead.sock');
  await claimSocketPath(path);
  t.is((await lstat(join(folder, 'new'))).mode & 0o777, 0o700);
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`;
  const child = startChild(t, process.execPath, ['-e', script], {});
  await child.untilLine(/ready/);
  await child.kill('SIGKILL');
  t.true((await lstat(path)).isSocket());
  await claimSocketPath(path);
  await t.throwsAsync(lstat(path), { code: 'ENOENT' });
});

test('socket path: by default it is in the runtime folder, else in ours, and names environment and node', (t) => {
  const pathOf = (node: string | undefined, env: NodeJS.ProcessEnv) =>
    defaultSocketPath({ runtime: { env } as Runtime, folder: '/config' }, { id: 7, name: 'depot 7' }, node);
  t.is(pathOf(undefined, { XDG_RUNTIME_DIR: '/run/user/1' }), '/run/user/1/fairlead/depot-7.sock');
  t.is(pathOf('worker 2', { XDG_RUNTIME_DIR: '/run/user/1' }), '/run/user/1/fairlead/depot-7-worker-2.sock');
  t.is(pathOf(undefined, {}), '/config/sockets/depot-7.sock');
});
