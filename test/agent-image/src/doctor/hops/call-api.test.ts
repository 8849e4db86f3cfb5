import { randomUUID } from 'node:crypto';
import test from 'ava';
import { encodeEdgeKey, parseEdgeKey } from '../../../../../protocol/crypto/edge-key.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { diagnose } from '../doctor-setup.js';

test('api hop: an Edge key that the hub does not know', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const EDGE_KEY = encodeEdgeKey({ ...parseEdgeKey(edgeKey), secret: 'x'.repeat(43) });
  const { api, mtu } = await diagnose({ EDGE_ID: edgeId ?? '', EDGE_KEY });
  t.like(api, { result: 'fail', code: 'agent-unauthorized' });
  t.is(mtu.result, 'skip');
});

test('api hop: another Edge ID than that of the environment', async (t) => {
  const hub = await startPlugin(t);
  const { edgeKey } = await hub.createEnvironment({ name: 'one' });
  const { api } = await diagnose({ EDGE_ID: randomUUID(), EDGE_KEY: edgeKey });
  t.like(api, { result: 'fail', code: 'edge-id-mismatch' });
});

test('api hop: a clock two hours off is corrected, as for all calls', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const clock = { ...systemClock, now: () => Date.now() + 7_200_000 };
  const hops = await diagnose({ EDGE_ID: edgeId ?? '', EDGE_KEY: edgeKey }, clock);
  t.is(hops.api.result, 'ok');
  t.like(hops.clock, { result: 'warn', code: 'clock-wrong' });
});

test('api hop: leaves no trace in the environment', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeId: _, edgeKey } = await hub.createEnvironment({ name: 'one', edgeId: null });
  const before = await hub.call('GET', `/api/environments/${id}`);
  const { api } = await diagnose({ EDGE_ID: randomUUID(), EDGE_KEY: edgeKey });
  t.is(api.result, 'ok');
  t.deepEqual((await hub.call('GET', `/api/environments/${id}`)).body, before.body);
});
