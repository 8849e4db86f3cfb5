import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { CliUser } from '../../kit/cli/run-cli.js';
import { ACCESS_PATH, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';

/** Writes the metadata of a context, as anything on this machine could. */
async function plant({ home }: CliUser, name: string, origin: unknown): Promise<void> {
  const id = createHash('sha256').update(name).digest('hex');
  const folder = join(home, '.docker/contexts/meta', id);
  await mkdir(folder, { recursive: true });
  const meta = { Name: name, Metadata: { Fairlead: origin }, Endpoints: {} };
  await writeFile(join(folder, 'meta.json'), JSON.stringify(meta));
}

test('context rm: FAIRLEAD_TOKEN goes to its own hub only, never to one that a context names', async (t) => {
  const [own, other] = [await startScriptedHub(t), await startScriptedHub(t)];
  const user = await scriptedUser(t, own);
  await plant(user, 'far', { hub: other.url, environmentId: 5, accessId: 'a1' });
  const env = { FAIRLEAD_TOKEN: 'flt_secret', FAIRLEAD_HUB: own.origin, FAIRLEAD_CA: other.caFile };
  const { code, stderr } = await user.run(['context', 'rm', 'far'], { env });
  t.is(code, 3);
  t.is(stderr, `fairlead: Not logged in to ${other.url}\n  → Run fairlead login ${other.url}\n`);
  t.deepEqual(other.calls(), []);

  await plant(user, 'near', { hub: own.url, environmentId: 5, accessId: 'a1' });
  const near = await user.run(['context', 'rm', 'near'], { env: { ...env, FAIRLEAD_CA: own.caFile } });
  t.is(near.code, 0, near.stderr);
  t.deepEqual(own.callsWith('flt_secret'), [`DELETE ${ACCESS_PATH}/a1`]);
});

test('context rm: the stored login of the context’s hub is used, whichever is the current one', async (t) => {
  const [first, second] = [await startScriptedHub(t), await startScriptedHub(t)];
  const user = await scriptedUser(t, first);
  const login = ['login', second.origin, '--ca', second.caFile, '--token-stdin'];
  t.is((await user.run(login, { input: 'flt_second' })).code, 0);
  await plant(user, 'shop', { hub: first.url, environmentId: 5, accessId: 'a1' });
  t.is((await user.run(['context', 'rm', 'shop'])).code, 0);
  t.true(first.callsWith('flt_made').includes(`DELETE ${ACCESS_PATH}/a1`));
});

test('context rm: metadata with other fields than ours make no call', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const before = hub.calls().length;
  for (const changes of [
    { environmentId: '5?x=' },
    { environmentId: 1.5 },
    { environmentId: 2 ** 60 },
    { accessId: '../../6' },
    { accessId: '' },
    { hub: 'http://plain.example/edge' },
    { hub: 7 },
  ]) {
    await plant(user, 'shop', { hub: hub.url, environmentId: 5, accessId: 'a1', ...changes });
    const { code, stderr } = await user.run(['context', 'rm', 'shop']);
    t.is(code, 4, JSON.stringify(changes));
    t.regex(stderr, /There is no Docker context shop of an environment/);
  }
  await plant(user, 'shop', null);
  t.is((await user.run(['context', 'rm', 'shop'])).code, 4);
  t.is(hub.calls().length, before);
});
