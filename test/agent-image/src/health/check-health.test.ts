import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkHealth } from '../../../../agent-image/src/health/check-health.js';
import type { CheckInState } from '../../../../agent-image/src/health/check-in-record.js';
import { readStatus, StatusFile, statusPath } from '../../../../agent-image/src/health/status-file.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');

async function setup(t: ExecutionContext, state: CheckInState) {
  const dir = await mkdtemp(join(tmpdir(), 'healthcheck-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const warnings: unknown[] = [];
  const path = join(dir, 'status.json');
  const log = { warn: (entry: unknown) => void warnings.push(entry), info: () => {} };
  const file = new StatusFile(path, () => state, { clock: new FakeClock(NOW), logger: log });
  t.teardown(() => file.stop());
  return { dir, path, file, warnings };
}

const good: CheckInState = { succeededAtMs: NOW - 12_000, dueAtMs: NOW + 30_000, problem: null };

const verdicts: [name: string, state: CheckInState, laterMs: number, healthy: boolean, line: RegExp][] = [
  ['checks in', good, 0, true, /^healthy: last check-in 12 s ago$/],
  ['is refused', { ...good, problem: 'hub-refused' }, 0, false, /^unhealthy: .*12 s ago \(hub-refused\)$/],
  ['is late', good, 31_000, false, /^unhealthy: last check-in 43 s ago$/],
  ['checks in once a day', { ...good, dueAtMs: NOW + 86_400_000 }, 50_000, true, /^healthy: .* 62 s ago$/],
  ['no longer moves', { ...good, dueAtMs: NOW + 86_400_000 }, 61_000, false, /status is 61 s old$/],
  [
    'never got through',
    { succeededAtMs: null, dueAtMs: null, problem: 'hub-dns' },
    0,
    false,
    /no check-in has succeeded yet \(hub-dns\)$/,
  ],
];

for (const [name, state, laterMs, healthy, line] of verdicts) {
  test(`health check: an agent that ${name} is ${healthy ? 'healthy' : 'unhealthy'}`, async (t) => {
    const { path, file } = await setup(t, state);
    await file.start();
    const health = await checkHealth(path, () => NOW + laterMs);
    t.is(health.healthy, healthy);
    t.regex(health.line, line);
  });
}

test('health check: without a status file, and with a damaged one, there is no agent', async (t) => {
  const { path } = await setup(t, good);
  const expected = { healthy: false, line: 'unhealthy: no agent is running here' };
  t.deepEqual(await checkHealth(path), expected);
  await writeFile(path, '{"pid":');
  t.deepEqual(await checkHealth(path), expected);
});

test('health check: an agent that was killed is not healthy', async (t) => {
  const { path } = await setup(t, good);
  const child: ChildProcess = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(path, JSON.stringify({ pid: child.pid, writtenAtMs: NOW, ...good }));
  t.false((await checkHealth(path, () => NOW)).healthy);
});

test('status file: is private, replaced as a whole, and removed at stop', async (t) => {
  const { dir, path, file } = await setup(t, good);
  await file.start();
  await Promise.all([file.refresh(), file.refresh()]);
  t.deepEqual(await readdir(dir), ['status.json']);
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.like(await readStatus(path), { pid: process.pid, writtenAtMs: NOW, problem: null });
  await file.stop();
  await file.stop();
  t.deepEqual(await readdir(dir), []);
});

test('status file: a missing folder causes one warning', async (t) => {
  const { dir, warnings } = await setup(t, good);
  const log = { warn: (entry: unknown) => void warnings.push(entry), info: () => {} };
  const file = new StatusFile(join(dir, 'no', 'status.json'), () => good, {
    clock: new FakeClock(NOW),
    logger: log,
  });
  t.teardown(() => file.stop());
  await file.start();
  await file.refresh();
  t.like(warnings, [{ code: 'status-unwritable', err: { code: 'ENOENT' } }]);
  t.is(warnings.length, 1);
});

test('status file: two agents on one machine have a file each', (t) => {
  const edgeId = '7b3a1e5c-9d0f-4c2a-8b1e-0123456789ab';
  t.not(statusPath({ edgeId, dataDir: '/data' }), statusPath({ edgeId, dataDir: '/other' }));
  t.is(statusPath({ edgeId, dataDir: '/data' }), statusPath({ edgeId, dataDir: '/data' }));
});
