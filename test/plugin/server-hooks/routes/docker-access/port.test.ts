import test from 'ava';
import { callPort, makeClient } from '../../../../kit/docker/port-client.js';
import { startPortWorld } from '../../../../kit/docker/start-port-world.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';

test('docker port: a certificate reaches its environment by the engine’s own paths', async (t) => {
  const { hub, engine, id } = await startPortWorld(t);
  const client = await makeClient(hub, id);
  t.like(await callPort(hub, client), { status: 200, body: { text: 'OK' } });
  t.is((await callPort(hub, client, '/v1.43/containers/json?all=1')).status, 200);
  t.true(engine.requests.includes('GET /v1.43/containers/json'));
  t.is(
    (await callPort(hub, client, 'http://engine/v1.43/info')).status,
    200,
    'as clients send it to proxies',
  );
  t.true(engine.requests.includes('GET /v1.43/info'));
  t.like(await callPort(hub, client, '*', 'OPTIONS'), { status: 400, body: { code: 'bad-docker-path' } });
  t.like(await callPort(hub, client, '/a/../b'), { status: 400, body: { code: 'bad-docker-path' } });
  t.like(await callPort(hub, client, '/edge/api/environments'), { status: 200 }, 'is the engine’s path too');
  t.true(engine.requests.includes('GET /edge/api/environments'));
});

test('docker port: a build with a BuildKit session passes, as the certificate names the environment', async (t) => {
  const { hub, engine, id } = await startPortWorld(t);
  const client = await makeClient(hub, id);
  t.is((await callPort(hub, client, '/build?version=2&session=a', 'POST')).status, 200);
  t.true(engine.requests.includes('POST /build'));
});

test('docker port: accesses and the CA survive a restart', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  await hub.stop();
  const again = await startPlugin(t, { dockerPort: 0, dataDir: hub.dataDir });
  t.is((await callPort(again, client)).body.code, 'environment-not-associated');
});
