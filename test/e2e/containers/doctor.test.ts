import type { Hop, HopResult } from '../../../protocol/hops.js';
import { CONTAINER, startContainerSetup } from '../../kit/agent/container.js';
import { type SharedEngine, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';

const EXEC = ['exec', CONTAINER, 'agent', 'doctor'];

async function doctor(engine: SharedEngine) {
  const { stdout, code } = await engine.docker([...EXEC, '--json'], { allowFailure: true });
  const { ok, hops } = JSON.parse(stdout) as { ok: boolean; hops: HopResult[] };
  const byHop = Object.fromEntries(hops.map((one) => [one.hop, one])) as Record<Hop, HopResult>;
  return { ok, hops: byHop, code };
}

serialLabTest('agent doctor: next to a running agent each hop works', async (t) => {
  t.timeout(180_000);
  const engine = await sharedEngine();
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'patient' });
  await container.paste(created.commands.standalone);
  const before = await hub.until(created.id, ({ status }) => status === 'online');
  const { ok, code, hops } = await doctor(engine);
  t.log(Object.values(hops).map(({ hop, result, ms, text }) => `${hop} ${result} ${ms} ms: ${text}`));
  t.deepEqual([ok, code], [true, 0]);
  const results = Object.values(hops).map(({ hop, result, code }) => `${hop} ${result} ${code ?? ''}`.trim());
  t.deepEqual(results, [
    'config ok',
    'dns ok',
    'addresses ok',
    'tcp ok',
    'proxy skip',
    'tls warn hub-certificate-untrusted',
    'clock ok',
    'api ok',
    'mtu ok',
    'tunnel-port ok',
    'websocket ok',
    'engine ok',
    'swarm ok',
  ]);
  const text = await engine.docker(EXEC);
  t.regex(text.stdout, /^ok {4}engine {7}\/var\/run\/docker\.sock: /m);
  const after = await hub.until(created.id, ({ status }) => status === 'online');
  t.deepEqual([after.agent, after.lastRefusal], [before.agent, null]);
});
