import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  ACCESS_PATH,
  loginTo,
  newAccess,
  scriptedUser,
  startScriptedHub,
} from '../../kit/cli/scripted-hub.js';

const TOKEN = 'DELETE /api/tokens/t1';
const portOff = { status: 409, body: { code: 'docker-port-off', detail: 'This hub has no Docker port' } };

test('logout: revokes the token and the other accesses even if one cannot be revoked', async (t) => {
  const hub = await startScriptedHub(t, { [`DELETE ${ACCESS_PATH}/a1`]: () => portOff });
  const user = await scriptedUser(t, hub);
  t.is((await user.run(['context', 'shop'])).code, 0);
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ id: 'a2' });
  t.is((await user.run(['context', 'shop', '--as', 'other'])).code, 0);
  const { code, stdout, stderr } = await user.run(['logout']);
  t.is(code, 1);
  t.is(stdout, `Logged out of ${hub.url}\n`);
  t.regex(
    stderr,
    /^fairlead: Logged out, but not everything was revoked or removed: This hub has no .*\n {2}→ /,
  );
  t.true(hub.calls().includes(`DELETE ${ACCESS_PATH}/a2`));
  t.is(hub.calls().at(-1), TOKEN);
  t.deepEqual(await readdir(join(user.home, '.docker/contexts/meta')), []);
  t.is((await user.run(['env', 'ls'])).code, 3);
});

test('logout: a hub that refuses the token is not asked for each access', async (t) => {
  const refuse = () => ({ status: 401, body: { code: 'unauthorized', detail: 'No' } });
  const [first, second] = [`DELETE ${ACCESS_PATH}/a1`, `DELETE ${ACCESS_PATH}/a2`];
  const hub = await startScriptedHub(t, { [first]: refuse, [second]: refuse });
  const user = await scriptedUser(t, hub);
  await user.run(['context', 'shop']);
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ id: 'a2' });
  await user.run(['context', 'shop', '--as', 'other']);
  t.is((await user.run(['logout'])).code, 3);
  t.is(hub.calls().filter((call) => call === first || call === second).length, 1);
});

test('logout: damaged metadata of other contexts do not keep it from its work', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const folder = join(user.home, '.docker/contexts/meta/zz');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'meta.json'), '{');
  t.is((await user.run(['logout'])).code, 0);
  t.is(hub.calls().at(-1), TOKEN);
});

test('logout: names the current context that it removes, and how to go on', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  await user.run(['context', 'shop']);
  await writeFile(join(user.home, '.docker/config.json'), '{"currentContext":"shop"}');
  const { code, stderr } = await user.run(['logout']);
  t.is(code, 0);
  t.is(stderr, 'The current Docker context was shop. Run docker context use default\n');
});

test('logout: FAIRLEAD_HUB selects the hub, as for every command', async (t) => {
  const [first, second] = [await startScriptedHub(t), await startScriptedHub(t)];
  const user = await scriptedUser(t, first);
  t.is((await user.run(loginTo(second), { input: 'password' })).code, 0);
  const { stdout } = await user.run(['logout'], { env: { FAIRLEAD_HUB: first.origin } });
  t.is(stdout, `Logged out of ${first.url}\n`);
  t.true(first.calls().includes(TOKEN));
  t.false(second.calls().includes(TOKEN));
});
