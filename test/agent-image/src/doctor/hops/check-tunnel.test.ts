import test from 'ava';
import { encodeEdgeKey, parseEdgeKey } from '../../../../../protocol/crypto/edge-key.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { diagnose } from '../doctor-setup.js';

test('tunnel hops: a closed tunnel port is a warning while tunnels open through the API', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const EDGE_KEY = encodeEdgeKey({ ...parseEdgeKey(edgeKey), tunnelAddress: '127.0.0.1:1' });
  const hops = await diagnose({ EDGE_ID: edgeId ?? '', EDGE_KEY });
  t.like(hops['tunnel-port'], { result: 'warn', code: 'hub-refused' });
  const { text, nextStep = '' } = hops['tunnel-port'];
  t.regex(text, /; tunnels open through the API's address$/);
  t.false(nextStep === '' || text.includes(nextStep), text);
  t.is(hops.websocket.result, 'ok');
});

test('tunnel hops: another hub than that of the Edge key is a failure by both paths', async (t) => {
  const [hub, other] = [await startPlugin(t), await startPlugin(t)];
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const { fingerprint } = parseEdgeKey((await other.createEnvironment({ name: 'two' })).edgeKey);
  const EDGE_KEY = encodeEdgeKey({ ...parseEdgeKey(edgeKey), fingerprint });
  const hops = await diagnose({ EDGE_ID: edgeId ?? '', EDGE_KEY });
  t.like(hops['tunnel-port'], { result: 'fail', code: 'tunnel-fingerprint-mismatch' });
  t.like(hops.websocket, { result: 'fail', code: 'tunnel-fingerprint-mismatch' });
});
