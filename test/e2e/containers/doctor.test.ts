import type { Hop, HopResult } from '../../../protocol/hops.js';
import { CONTAINER, startContainerSetup } from '../../kit/agent/container.js';
import { type SharedEngine, serialLabTest, sharedEngine, startEngine } from '../../kit/engine/lab.js';

const EXEC = ['exec', CONTAINER, 'agent', 'doctor'];

async function doctor(engine: Pick<SharedEngine, 'docker'>) {
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

serialLabTest('agent doctor: names a dropped port, and large packets that vanish', async (t) => {
  t.timeout(300_000);
  const engine = await startEngine(t, { images: true });
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'filtered' });
  await container.paste(created.commands.standalone);
  await hub.until(created.id, ({ status }) => status === 'online');
  const drop = (...rule: string[]) =>
    engine.runInside('iptables', ['-t', 'mangle', '-A', 'FORWARD', '-p', 'tcp', ...rule, '-j', 'DROP']);
  const flush = () => engine.runInside('iptables', ['-t', 'mangle', '-F', 'FORWARD']);

  await drop('--dport', `${hub.tunnelPort}`);
  const closed = await doctor(engine);
  t.is(closed.code, 0);
  t.like(closed.hops['tunnel-port'], { result: 'warn', code: 'hub-unreachable' });
  t.is(closed.hops.websocket.result, 'ok');
  await flush();

  await drop('--dport', `${hub.port}`);
  const dropped = await doctor(engine);
  t.is(dropped.code, 1);
  t.like(dropped.hops.addresses, { result: 'fail', code: 'hub-unreachable' });
  t.regex(dropped.hops.addresses.text, /does not answer: packets are dropped on the way/);
  t.is(dropped.hops['tunnel-port'].result, 'ok');
  await flush();

  for (const [end, port] of [
    ['--dport', 'to'],
    ['--sport', 'from'],
  ] as const) {
    await drop(end, `${hub.port}`, '-m', 'length', '--length', '1400:65535');
    const { hops, code } = await doctor(engine);
    t.log(`${port} the hub`, hops.tls.text, hops.mtu.text);
    t.is(code, 1);
    t.is(hops.addresses.result, 'ok');
    t.like(hops.mtu, { result: 'fail', code: 'mtu-black-hole' });
    await flush();
  }
});
