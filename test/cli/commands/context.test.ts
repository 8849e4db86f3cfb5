import { readdir, readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import test from 'ava';
import { ContextStore } from '../../../cli/docker/context-store.js';
import { loggedInUser } from '../../kit/cli/run-cli.js';
import { accessesOf, type Shop, startShop } from '../../kit/cli/shop.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<Shop> | undefined;
const setup = () => {
  started ??= startShop(scope);
  return started;
};

/** Calls `/_ping` with the files of a context, as a Docker client does. */
async function ping(home: string, port: number): Promise<{ status: number | undefined; text: string }> {
  const tls = join(home, '.docker/contexts/tls');
  const [id = ''] = await readdir(tls);
  const [ca, cert, key] = await Promise.all(
    ['ca', 'cert', 'key'].map((name) => readFile(join(tls, id, 'docker', `${name}.pem`))),
  );
  return new Promise((resolve, reject) => {
    const options = { host: 'localhost', port, path: '/_ping', ca, cert, key, agent: false };
    get(options, async (res) => {
      let text = '';
      for await (const chunk of res) text += chunk;
      resolve({ status: res.statusCode, text });
    }).on('error', reject);
  });
}

test.serial('context: its files reach the engine, a renewal revokes the former certificate', async (t) => {
  const { hub, shopId } = await setup();
  const user = await loggedInUser(t, hub);
  const first = await user.run(['context', 'shop']);
  t.is(first.code, 0, first.stderr);
  t.regex(first.stdout, /^Created context shop, valid until \d{4}-\d\d-\d\d\n$/);
  t.regex(first.stderr, /^Use it: docker --context shop ps\n$/);
  t.deepEqual(await ping(user.home, hub.dockerPort), { status: 200, text: 'OK' });
  const [access, ...others] = await accessesOf(hub, shopId);
  t.is(access?.name, 'context on workstation');
  t.deepEqual(others, []);

  const [renewed] = JSON.parse((await user.run(['context', 'shop', '--json'])).stdout);
  t.like(renewed, { context: 'shop', environment: 'shop', isNew: false });
  t.is((await ping(user.home, hub.dockerPort)).status, 200);
  const after = await accessesOf(hub, shopId);
  t.is(after.length, 1);
  t.not(after[0]?.id, access?.id);

  const removed = await user.run(['context', 'rm', 'shop']);
  t.is(removed.code, 0, removed.stderr);
  t.deepEqual(await accessesOf(hub, shopId), []);
  t.deepEqual(await readdir(join(user.home, '.docker/contexts/tls')), []);
  t.is((await user.run(['context', 'rm', 'shop'])).code, 4);
});

test.serial('context: one of another origin is not replaced without --force', async (t) => {
  const { hub, shopId } = await setup();
  const user = await loggedInUser(t, hub);
  const store = new ContextStore(join(user.home, '.docker'));
  const foreign = { id: 'x', environmentId: shopId, host: 'tcp://x:1', ca: '', certificate: '', key: '' };
  await store.save('shop', '', { ...foreign, expiresAt: '' }, 'https://other.example/edge');
  const refused = await user.run(['context', 'shop']);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /There is a Docker context shop of another origin\n {2}→ .*--as.*--force/);
  t.deepEqual(await accessesOf(hub, shopId), []);
  t.is((await user.run(['context', 'shop', '--as', 'till'])).code, 0);
  t.is((await user.run(['context', 'shop', '--force'])).code, 0);
  t.is((await store.find('shop'))?.origin?.hub, `${hub.origin}/edge`);
  t.is((await user.run(['context', 'shop', '--as', 'a b'])).code, 2);
});

test.serial('context --all, logout: all that this machine made is revoked and removed', async (t) => {
  const { hub, shopId, depotId } = await setup();
  const before = (await accessesOf(hub, shopId)).length;
  const user = await loggedInUser(t, hub);
  const { stdout } = await user.run(['context', '--all']);
  t.regex(stdout, /^Created context depot-7, .*\nCreated context shop, .*\n$/);
  t.is((await accessesOf(hub, depotId)).length, 1);
  const tokens = async () => (await hub.call<{ tokens: unknown[] }>('GET', '/api/tokens')).body.tokens.length;
  const count = await tokens();

  const out = await user.run(['logout']);
  t.is(out.code, 0, out.stderr);
  t.is(await tokens(), count - 1);
  t.deepEqual(await accessesOf(hub, depotId), []);
  t.is((await accessesOf(hub, shopId)).length, before);
  t.deepEqual(await readdir(join(user.home, '.docker/contexts/meta')), []);
  t.deepEqual(await readdir(join(user.home, '.config/fairlead/accesses')), []);
  t.is((await user.run(['env', 'ls'])).code, 3);
  t.is((await user.run(['logout'])).code, 3);
});

test.serial('context --all: a context of another origin is left alone, the others are made', async (t) => {
  const { hub } = await setup();
  const user = await loggedInUser(t, hub);
  const store = new ContextStore(join(user.home, '.docker'));
  const foreign = { id: 'x', environmentId: 1, host: 'tcp://x:1', ca: '', certificate: '', key: '' };
  await store.save('depot-7', '', { ...foreign, expiresAt: '' }, 'https://other.example/edge');
  const { code, stdout, stderr } = await user.run(['context', '--all']);
  t.is(code, 1);
  t.regex(stdout, /^Created context shop, .*\n$/);
  t.regex(stderr, /^depot 7: .* of another origin\nfairlead: 1 of 2 contexts were not made\n$/);
  t.is((await user.run(['logout'])).code, 0);
  t.truthy(await store.find('depot-7'));
});

test.serial('context: names of environments and contexts are completed', async (t) => {
  const { user } = await setup();
  await user.run(['context', 'shop']);
  t.is((await user.run(['__complete', '--', 'open', 'de'])).stdout, 'depot 7\n');
  t.is((await user.run(['__complete', '--', 'open', "'depot"])).stdout, 'depot 7\n');
  t.is((await user.run(['__complete', '--', 'context', 'rm', ''])).stdout, 'shop\n');
});
