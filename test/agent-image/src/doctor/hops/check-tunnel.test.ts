import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
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

test('tunnel hops: what accepts connections and stays silent has its time', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const proxy = http.createServer(hub.plugin.callback).on('upgrade', (_req, socket) => {
    t.teardown(() => socket.destroy());
  });
  const port = net.createServer((socket) => void t.teardown(() => socket.destroy()));
  const [api = 0, tunnel = 0] = await Promise.all(
    [proxy, port].map(async (server) => {
      t.teardown(() => void server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  const EDGE_KEY = encodeEdgeKey({
    ...parseEdgeKey(edgeKey),
    apiUrl: `http://127.0.0.1:${api}/edge`,
    tunnelAddress: `127.0.0.1:${tunnel}`,
  });
  const hops = await diagnose({ EDGE_ID: edgeId ?? '', EDGE_KEY });
  t.like(hops.websocket, { result: 'fail', code: 'hub-unreachable' });
  t.regex(hops.websocket.text, /\(No answer within 8 s\)$/);
  t.like(hops['tunnel-port'], { result: 'fail', code: 'tunnel-handshake' });
});
