import test from 'ava';
import { HOPS } from '../../../../protocol/hops.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { tempFolder } from '../../../kit/temp-folder.js';
import { startFakeEngine } from '../docker/fake-engine.js';
import { diagnose, summary } from './doctor-setup.js';

test('doctor: names each hop to a hub and an engine that work, in order', async (t) => {
  const engine = await startFakeEngine(t);
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const hops = await diagnose({
    EDGE_ID: edgeId ?? '',
    EDGE_KEY: edgeKey,
    DATA_DIR: await tempFolder(t),
    DOCKER_HOST: engine.address.kind === 'unix' ? engine.address.path : '',
  });
  t.deepEqual(Object.keys(hops), [...HOPS]);
  t.deepEqual(summary(hops), [
    'config ok',
    'dns ok',
    'addresses ok',
    'tcp ok',
    'proxy skip',
    'tls warn cleartext',
    'clock ok',
    'api ok',
    'mtu ok',
    'tunnel-port ok',
    'websocket ok',
    'engine ok',
    'swarm ok',
  ]);
  t.regex(hops.engine.text, /28\.0\.1, API 1\.48$/);
});
