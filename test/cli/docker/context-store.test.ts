import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { contextNameOf, isContextName } from '../../../cli/docker/context-name.js';
import { ContextStore } from '../../../cli/docker/context-store.js';
import { tempFolder } from '../../kit/temp-folder.js';

const HUB = 'https://hub.example:9443/edge';
const access = (id: string) => ({
  id,
  environmentId: 7,
  host: 'tcp://hub.example:2376',
  ca: 'CA',
  certificate: `certificate ${id}`,
  key: 'KEY',
  expiresAt: '2030-01-01T00:00:00.000Z',
});

test('contexts: a saved one is found with its origin, and replaced as a whole', async (t) => {
  const folder = join(await tempFolder(t), '.docker');
  const store = new ContextStore(folder);
  t.is(await store.find('shop'), undefined);
  await store.save('shop', 'Fairlead: shop', access('a1'), HUB);
  await store.save('shop', 'Fairlead: shop', access('b2'), HUB);
  t.deepEqual(await store.find('shop'), {
    name: 'shop',
    origin: { hub: HUB, environmentId: 7, accessId: 'b2' },
  });
  const [id = ''] = await readdir(join(folder, 'contexts/tls'));
  const files = join(folder, 'contexts/tls', id, 'docker');
  t.deepEqual(await readdir(files), ['ca.pem', 'cert.pem', 'key.pem']);
  t.is(await readFile(join(files, 'cert.pem'), 'utf8'), 'certificate b2');
  t.is((await stat(join(files, 'key.pem'))).mode & 0o777, 0o600);
  t.is((await stat(files)).mode & 0o777, 0o700);
  t.deepEqual((await readdir(join(folder, 'contexts'))).sort(), ['meta', 'tls']);

  await store.remove('shop');
  t.deepEqual(await readdir(join(folder, 'contexts/meta')), []);
  t.deepEqual(await readdir(join(folder, 'contexts/tls')), []);
});

test('contexts: those of other tools and hubs are not ours', async (t) => {
  const folder = await tempFolder(t);
  const store = new ContextStore(folder);
  const meta = join(folder, 'contexts/meta', 'c'.repeat(64));
  await mkdir(meta, { recursive: true });
  await writeFile(join(meta, 'meta.json'), '{"Name":"lab","Metadata":{},"Endpoints":{}}');
  await store.save('shop', '', access('a1'), HUB);
  await store.save('far', '', access('b2'), 'https://other.example/edge');
  t.deepEqual(
    (await store.of(HUB)).map(({ name }) => name),
    ['shop'],
  );
});

test('contexts: damaged metadata hide no other context, and their names are taken', async (t) => {
  const folder = await tempFolder(t);
  const store = new ContextStore(folder);
  await store.save('shop', '', access('a1'), HUB);
  await store.save('depot', '', access('b2'), HUB);
  const meta = join(folder, 'contexts/meta');
  const id = createHash('sha256').update('depot').digest('hex');
  for (const text of ['{', 'null', '{"Metadata":7}', '[]']) {
    await writeFile(join(meta, id, 'meta.json'), text);
    t.deepEqual(
      (await store.of(HUB)).map(({ name }) => name),
      ['shop'],
    );
    t.deepEqual(await store.find('depot'), { name: 'depot', origin: undefined });
  }
});

test('context names: an environment’s own name where Docker accepts it', (t) => {
  t.is(contextNameOf({ id: 1, name: 'shop' }), 'shop');
  t.is(contextNameOf({ id: 1, name: 'depot 7' }), 'depot-7');
  t.is(contextNameOf({ id: 1, name: 'Größe (neu)' }), 'Gro-e-neu');
  t.is(contextNameOf({ id: 3, name: '日本' }), 'environment-3');
  t.is(contextNameOf({ id: 3, name: 'default' }), 'environment-3');
  t.is(contextNameOf({ id: 3, name: '../../etc' }), 'etc');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => isContextName(contextNameOf({ id: 1, name }))),
  );
});

test('contexts: the docker client reads what was saved, and keeps its origin', async (t) => {
  const config = await tempFolder(t);
  const store = new ContextStore(config);
  await store.save('shop', 'Fairlead: shop', access('a1'), HUB);
  let text: string;
  const env = { ...process.env, DOCKER_CONFIG: config };
  try {
    text = execFileSync('docker', ['context', 'inspect', 'shop'], { env, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    t.pass('no docker client on this machine; the e2e tests have one');
    return;
  }
  const [context] = JSON.parse(text);
  t.is(context.Metadata.Description, 'Fairlead: shop');
  t.is(context.Endpoints.docker.Host, 'tcp://hub.example:2376');
  t.deepEqual(context.TLSMaterial, { docker: ['ca.pem', 'cert.pem', 'key.pem'] });
  execFileSync('docker', ['context', 'update', 'shop', '--description', 'mine'], { env, stdio: 'pipe' });
  t.is((await store.find('shop'))?.origin?.accessId, 'a1');
});
