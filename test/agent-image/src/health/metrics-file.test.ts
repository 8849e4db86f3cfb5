import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CheckInRecord } from '../../../../agent-image/src/health/check-in-record.js';
import { type AgentMetrics, MetricsFile } from '../../../../agent-image/src/health/metrics-file.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { metricValue, parseExposition } from '../../../kit/exposition.js';
import { tempFolder } from '../../../kit/temp-folder.js';
import { until } from '../../../kit/until.js';
import { startWholeAgent } from '../start-whole-agent.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');

async function setup(t: ExecutionContext, subfolder = '') {
  const folder = await tempFolder(t);
  const clock = new FakeClock(NOW);
  const checkIns = new CheckInRecord(clock);
  const metrics: AgentMetrics = {
    version: '1.2.3',
    checkIns,
    isEngineUp: true,
    tunnels: { environment: { isOpen: true, opened: 3 }, node: { isOpen: false, opened: 0 } },
  };
  const warnings: unknown[] = [];
  const path = join(folder, subfolder, 'fairlead.prom');
  const recoveries: unknown[] = [];
  const logger = {
    warn: (entry: unknown) => void warnings.push(entry),
    info: (entry: unknown) => void recoveries.push(entry),
  };
  const file = new MetricsFile(path, () => metrics, { clock, logger });
  t.teardown(() => file.stop());
  return { folder, path, file, clock, checkIns, warnings, recoveries, read: () => readFile(path, 'utf8') };
}

test('metrics file: has the agent’s metrics, and is readable for an exporter', async (t) => {
  const { path, file, checkIns, read } = await setup(t);
  checkIns.note({ code: 'hub-refused', nextWithinMs: 1_000 });
  await file.start();
  t.is(metricValue(await read(), 'fairlead_agent_last_check_in_timestamp_seconds'), undefined);
  checkIns.note({ code: null, nextWithinMs: 1_000 });
  await file.refresh();
  const text = await read();
  t.is(metricValue(text, 'fairlead_agent_build_info', { version: '1.2.3' }), 1);
  t.is(metricValue(text, 'fairlead_agent_check_ins_total', { result: 'succeeded' }), 1);
  t.is(metricValue(text, 'fairlead_agent_check_ins_total', { result: 'failed' }), 1);
  t.is(metricValue(text, 'fairlead_agent_last_check_in_timestamp_seconds'), NOW / 1_000);
  t.is(metricValue(text, 'fairlead_agent_engine_up'), 1);
  t.is(metricValue(text, 'fairlead_agent_tunnel_open', { purpose: 'environment' }), 1);
  t.is(metricValue(text, 'fairlead_agent_tunnel_open', { purpose: 'node' }), 0);
  t.is(metricValue(text, 'fairlead_agent_tunnels_opened_total', { purpose: 'environment' }), 3);
  t.true(Number(metricValue(text, 'fairlead_agent_resident_memory_bytes')) > 1e6);
  t.true(Number(metricValue(text, 'fairlead_agent_cpu_seconds_total')) > 0);
  for (const name of parseExposition(text).keys()) t.regex(name, /^fairlead_agent_/);
  t.is((await stat(path)).mode & 0o777, 0o644);
});

test('metrics file: is refreshed every 15 s, and removed at the stop', async (t) => {
  const { folder, file, clock, checkIns, read } = await setup(t);
  await file.start();
  checkIns.note({ code: null, nextWithinMs: 1_000 });
  clock.advance(15_000);
  const succeeded = async () =>
    metricValue(await read(), 'fairlead_agent_check_ins_total', { result: 'succeeded' });
  await until(succeeded, (count) => count === 1);
  await file.stop();
  await file.stop();
  t.deepEqual(await readdir(folder), []);
  t.is(clock.pending, 0);
});

test('metrics file: a missing folder causes one warning, and its return a line', async (t) => {
  const { folder, file, path, warnings, recoveries } = await setup(t, 'no');
  await file.start();
  await file.refresh();
  t.like(warnings, [{ code: 'metrics-unwritable', err: { code: 'ENOENT' } }]);
  t.is(warnings.length, 1);
  await mkdir(join(folder, 'no'));
  await file.refresh();
  await file.refresh();
  t.deepEqual(recoveries, [{ path }]);
  await rm(join(folder, 'no'), { recursive: true });
  await file.refresh();
  t.is(warnings.length, 2);
});

test('metrics: of a whole agent follow its check-ins, its engine and its tunnel', async (t) => {
  const { agent, hub, id, clock } = await startWholeAgent(t);
  await hub.until(id, ({ status }) => status === 'online');
  // The hub knows of a check-in before its answer arrives.
  await until(
    () => agent.metrics.checkIns.succeeded,
    (count) => count > 0,
  );
  t.true(agent.metrics.isEngineUp);
  t.deepEqual(agent.metrics.tunnels.environment, { isOpen: false, opened: 0 });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const tunnel = () => {
    clock.advance(50);
    return agent.metrics.tunnels.environment;
  };
  t.is((await until(tunnel, ({ isOpen }) => isOpen)).opened, 1);
  await hub.call('DELETE', `/api/environments/${id}/tunnel`);
  t.is((await until(tunnel, ({ isOpen }) => !isOpen)).opened, 1);
});
