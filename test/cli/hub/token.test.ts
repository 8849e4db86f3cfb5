import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cliUser } from '../../kit/cli/run-cli.js';
import { loginTo, startScriptedHub } from '../../kit/cli/scripted-hub.js';

test('token: one that cannot be used at the hub’s path is revoked, and the session ends', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await cliUser(t);
  const [, , ...rest] = loginTo(hub);
  const { code } = await user.run(['login', `${hub.origin}/elsewhere`, ...rest], { input: 'password' });
  t.is(code, 4);
  t.deepEqual(hub.calls().slice(-5), [
    'POST /api/session',
    'POST /api/tokens',
    'DELETE /api/session',
    'GET /elsewhere/api/environments',
    'DELETE /api/tokens/t1',
  ]);
});

test('token: none is created if the file of logins is damaged', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await cliUser(t);
  const folder = join(user.home, '.config/fairlead');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'hubs.json'), '{', { mode: 0o600 });
  const { code, stderr } = await user.run(loginTo(hub), { input: 'password' });
  t.is(code, 1);
  t.regex(stderr, /hubs\.json is damaged\n {2}→ Remove it/);
  t.deepEqual(hub.calls(), []);
});
