import { existsSync } from 'node:fs';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ACCESS_PATH, newAccess, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';
import { defer } from '../../kit/deferred.js';

const REVOKED = `DELETE ${ACCESS_PATH}/a1`;

test('exec: an interrupt while the certificate is made runs nothing, and revokes it', async (t) => {
  const [asked, answered] = [defer(), defer()];
  const hub = await startScriptedHub(t, {
    [`POST ${ACCESS_PATH}`]: async () => {
      asked.resolve();
      await answered.promise;
      return newAccess();
    },
  });
  const user = await scriptedUser(t, hub);
  const file = join(user.home, 'ran');
  const running = user.start(['exec', 'shop', '--', 'touch', file]);
  await asked.promise;
  running.signal('SIGINT');
  answered.resolve();
  t.deepEqual(await running.ended, { code: 130, stdout: '', stderr: 'fairlead: Interrupted\n' });
  t.false(existsSync(file));
  t.true(hub.calls().includes(REVOKED));
});

test('exec: a command that cannot be started ends with 126, one that is not found with 127', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const file = join(user.home, 'file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  for (const words of [[file], [`${file}/x`], ['x'.repeat(5_000)], ['true', 'y'.repeat(3_000_000)]]) {
    const { code, stderr } = await user.run(['exec', 'shop', '--', ...words]);
    t.is(code, 126, words[0]?.slice(0, 80));
    t.regex(stderr, /^fairlead: Cannot run .*: spawn .*E[A-Z0-9]+\n$/);
  }
  t.is((await user.run(['exec', 'shop', '--', 'no-such-command'])).code, 127);
  t.is(hub.calls().filter((call) => call === REVOKED).length, 5);
});

test('exec: without a folder for the certificate, it is revoked', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const env = { XDG_RUNTIME_DIR: join(user.home, 'missing') };
  const { code, stderr } = await user.run(['exec', 'shop', '--json', '--', 'true'], { env });
  t.is(code, 1);
  const { error } = JSON.parse(stderr);
  t.regex(error.message, /^Cannot mkdtemp .*missing.*: it does not exist$/);
  t.is(error.code, 'ENOENT');
  t.true(hub.calls().includes(REVOKED));
});

test('exec: a record that cannot be written leaves no access behind', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const env = {
    FAIRLEAD_HUB: hub.origin,
    FAIRLEAD_TOKEN: 'flt_x',
    FAIRLEAD_CA: hub.caFile,
    FAIRLEAD_CONFIG: join(hub.caFile, 'x'),
  };
  const { code, stderr } = await user.run(['exec', 'shop', '--', 'true'], { env });
  t.is(code, 1);
  t.regex(stderr, /^fairlead: Cannot write .*\n {2}→ Set FAIRLEAD_CONFIG /m);
  t.true(hub.calls().includes(REVOKED));
});

test('exec: a damaged record of another access does not matter', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  t.is((await user.run(['context', 'shop'])).code, 0);
  const folder = join(user.home, '.config/fairlead/accesses');
  t.deepEqual(await readdir(folder), ['a1.json']);
  for (const [index, text] of ['{', 'null', '{"id":"../x"}'].entries())
    await writeFile(join(folder, `b${index}.json`), text, { mode: 0o600 });
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ id: 'a2' });
  t.is((await user.run(['exec', 'shop', '--', 'true'])).code, 0);
  t.is((await user.run(['logout'])).code, 0);
  t.true(hub.calls().includes(REVOKED));
});
