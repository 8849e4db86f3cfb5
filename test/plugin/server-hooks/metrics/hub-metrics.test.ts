import { rename } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { Gateway } from '../../../../plugin/server-hooks/http/gateway.js';
import { EventLoopDelay } from '../../../../plugin/server-hooks/metrics/event-loop-delay.js';
import { HubMetrics } from '../../../../plugin/server-hooks/metrics/hub-metrics.js';
import { TunnelTotals } from '../../../../plugin/server-hooks/metrics/tunnel-totals.js';
import { ProblemCounts } from '../../../../plugin/server-hooks/model/problem-counts.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startScriptedEngine } from '../../../kit/engine/scripted-engine.js';
import { metricValue, parseExposition } from '../../../kit/exposition.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { until } from '../../../kit/until.js';

const logger = new LogRecorder();

async function setup(t: ExecutionContext, options: Parameters<typeof startPlugin>[1] = {}) {
  let skippedMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
  const hub = await startPlugin(t, { clock, ...options });
  const scrape = async () => {
    // A second later: an answer is reused until then.
    skippedMs += 1_000;
    return (await hub.call<string>('GET', '/metrics')).body;
  };
  const value = async (name: string, labels?: Record<string, string>) =>
    metricValue(await scrape(), name, labels);
  return { hub, scrape, value };
}

test('metrics: the output is valid, and each metric has a text', async (t) => {
  const { hub, scrape } = await setup(t);
  await hub.createEnvironment({ name: 'a' });
  const families = parseExposition(await scrape());
  t.true(families.size > 20);
  for (const [name, { type, samples }] of families) {
    t.regex(name, /^(fairlead|process|nodejs)_/);
    t.is(name.endsWith('_total'), type === 'counter', name);
    for (const { value } of samples) t.true(Number.isFinite(value) && value >= 0, name);
  }
});

test('metrics: environments, agents and check-ins', async (t) => {
  const { hub, value } = await setup(t);
  const { edgeKey, edgeId } = await hub.createEnvironment({ name: 'one' });
  await hub.createEnvironment({ name: 'two' });
  t.is(await value('fairlead_environments', { status: 'new' }), 2);
  t.is(await value('fairlead_check_ins_total'), 0);
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  const { etag = '' } = await agent.checkIn();
  t.is(await value('fairlead_environments', { status: 'new' }), 1);
  t.is(await value('fairlead_environments', { status: 'online' }), 1);
  t.is(await value('fairlead_agents', { state: 'online' }), 1);
  t.is(await value('fairlead_check_ins_total'), 1);
  t.is(await value('fairlead_held_check_ins'), 0);
  const end = new AbortController();
  const held = agent.checkIn({ etag, wait: 50, signal: end.signal });
  await until(
    () => value('fairlead_held_check_ins'),
    (n) => n === 1,
  );
  end.abort();
  await t.throwsAsync(held, { any: true });
  t.is(await value('fairlead_check_ins_total'), 2);
  t.is(await value('fairlead_calls_total', { kind: 'agent' }), 3);
});

test('metrics: calls, and the codes of those that failed', async (t) => {
  const { hub, value } = await setup(t);
  const { id } = await hub.createEnvironment({ name: 'one' });
  const before = (await value('fairlead_calls_total', { kind: 'rest' })) ?? 0;
  await hub.call('POST', '/api/environments', { name: 'one' });
  await hub.call('GET', `/api/environments/${id}/docker/version`);
  t.is(await value('fairlead_calls_total', { kind: 'rest' }), before + 2);
  t.is(await value('fairlead_call_failures_total', { kind: 'rest', code: 'name-taken' }), 1);
  t.is(
    await value('fairlead_call_failures_total', { kind: 'docker', code: 'environment-not-associated' }),
    1,
  );
  t.is(await value('fairlead_docker_call_duration_seconds_count'), 1);
});

test('metrics: a tunnel from its wake to its end, with its bytes', async (t) => {
  const { hub, value } = await setup(t);
  const engine = await startScriptedEngine(t, {});
  const { id, edgeKey, edgeId } = await hub.createEnvironment({ name: 'one' });
  const options = { edgeKey, edgeId: edgeId ?? '', dialEngine: () => engine.dial() };
  const agent = await joinInstance(t, options);
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  t.is(await value('fairlead_tunnels', { state: 'required' }), 1);
  const { ended } = await agent.open(await agent.prove(await agent.credential()));
  await hub.call('POST', `/api/environments/${id}/tunnel`, { wait: 10 });
  t.is(await value('fairlead_tunnels', { state: 'active' }), 1);
  t.is(await value('fairlead_tunnels_opened_total'), 1);
  t.is(await value('fairlead_tunnel_wake_seconds_count'), 1);
  t.is((await hub.call('GET', `/api/environments/${id}/docker/_ping`)).status, 200);
  t.is(await value('fairlead_docker_call_duration_seconds_count'), 1);
  const bytes = async (direction: string) => (await value('fairlead_tunnel_bytes_total', { direction })) ?? 0;
  const [sent, received] = [await bytes('sent'), await bytes('received')];
  t.true(sent > 0 && received > 0);
  await hub.call('DELETE', `/api/environments/${id}/tunnel`);
  t.is(await ended, 'revoked');
  t.is(await value('fairlead_tunnels', { state: 'idle' }), 1);
  t.is(await value('fairlead_tunnels_ended_total', { reason: 'revoked' }), 1);
  t.true((await bytes('sent')) >= sent);
  t.true((await bytes('received')) >= received);
});

test('metrics: an open call to an engine counts until it ends', async (t) => {
  const { hub, value } = await setup(t);
  const engine = await startScriptedEngine(t, {
    events: (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
  });
  const { id, edgeKey, edgeId } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, {
    edgeKey,
    edgeId: edgeId ?? '',
    dialEngine: () => engine.dial(),
  });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  await agent.open(await agent.prove(await agent.credential()));
  const end = new AbortController();
  const following = hub.call('GET', `/api/environments/${id}/docker/events`, undefined, end.signal);
  await until(
    () => value('fairlead_engine_calls'),
    (n) => n === 1,
  );
  end.abort();
  await t.throwsAsync(following);
  await until(
    () => value('fairlead_engine_calls'),
    (n) => n === 0,
  );
  t.pass();
});

test('metrics: connections that the tunnel port refuses', async (t) => {
  const { hub, value } = await setup(t);
  const { id, edgeKey, edgeId } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const proof = await agent.prove(await agent.credential());
  const error = await t.throwsAsync(agent.open({ ...proof, token: 'x'.repeat(43) }));
  const { code } = error as { code?: string };
  t.is(await value('fairlead_tunnel_refusals_total', { code: String(code) }), 1);
});

test('metrics: writes of the store, and its failure', async (t) => {
  const { hub, value } = await setup(t);
  const written = () => value('fairlead_store_writes_total', { result: 'succeeded' });
  const before = (await written()) ?? 0;
  await hub.createEnvironment({ name: 'one' });
  t.true(((await written()) ?? 0) > before);
  t.is(await value('fairlead_storage_failing', { part: 'store' }), 0);
  await rename(hub.dataDir, `${hub.dataDir}.away`);
  t.is((await hub.call('POST', '/api/environments', { name: 'two' })).status, 503);
  await rename(`${hub.dataDir}.away`, hub.dataDir);
  t.is(await value('fairlead_storage_failing', { part: 'store' }), 1);
  t.is(await value('fairlead_store_writes_total', { result: 'failed' }), 1);
});

test('metrics: the event loop’s delay since the previous scrape', async (t) => {
  const { value } = await setup(t);
  const delay = () => value('fairlead_event_loop_delay_seconds', { stat: 'max' });
  const block = async () => {
    const fromMs = performance.now();
    while (performance.now() - fromMs < 300);
    return delay();
  };
  // A measure starts with a timer's first turn, so the first block may come too early.
  await until(block, (seconds) => seconds !== undefined && seconds > 0.2);
  await until(delay, (seconds) => seconds !== undefined && seconds < 0.2);
  t.pass();
});

test('metrics: the event loop is measured from the first scrape on, and not after a stop', async (t) => {
  const delay = new EventLoopDelay();
  t.teardown(() => delay.stop());
  t.is(delay.take(), null);
  const delays = await until(
    () => delay.take(),
    (taken) => taken !== null,
  );
  t.true(delays && delays.p50 <= delays.p99 && delays.p99 <= delays.max);
  delay.stop();
  delay.stop();
  t.is(delay.take(), null);
});

test('metrics: calls at the same time share one scrape, and so do later ones within a second', async (t) => {
  const [store, clock] = [new MemoryStore(), new FakeClock()];
  const gateway = new Gateway({
    host: { authenticate: async () => null, logger },
    clock: systemClock,
    logger,
  });
  const metrics = new HubMetrics({
    store,
    live: liveEnvironments({ clock: systemClock, store }),
    snapshots: { isFailing: false },
    checkIns: { count: 0 },
    calls: gateway,
    tunnelPort: { totals: new TunnelTotals(), refused: new ProblemCounts() },
    isPerEnvironment: false,
    clock,
  });
  t.teardown(() => metrics.stop());
  const [first, second] = await Promise.all([metrics.text(), metrics.text()]);
  t.is(first, second);
  clock.advance(999);
  t.is(await metrics.text(), first);
  clock.advance(1);
  const later = await metrics.text();
  t.not(later, first);
  const names = (text: Buffer) => [...parseExposition(String(text)).keys()];
  t.deepEqual(names(first), names(later));
});

test('metrics: two hubs in one process have their own', async (t) => {
  const { hub, value } = await setup(t);
  const other = await setup(t);
  await hub.createEnvironment({ name: 'one' });
  t.is(await value('fairlead_environments', { status: 'new' }), 1);
  t.is(await other.value('fairlead_environments', { status: 'new' }), 0);
});
