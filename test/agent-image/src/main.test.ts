import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { buildAgent } from '../../../tools/build/agent.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { metricValue } from '../../kit/exposition.js';
import { until } from '../../kit/until.js';
import { edgeKeyFor, edgeVariables, JOIN_SECRET } from './config/edge-variables.js';

// The bundle, not the sources: it is what runs in the image, without node_modules next to it.
const folder = await mkdtemp(join(tmpdir(), 'agent-main-'));
const bundle = join(folder, 'main.mjs');
test.before(() => buildAgent(bundle));
test.after.always(() => rm(folder, { recursive: true }));

function runAgent(args: string[], env: NodeJS.ProcessEnv = {}) {
  return runCommand(process.execPath, [bundle, ...args], {
    env: { PATH: process.env.PATH, ...env },
    cwd: folder,
    allowFailure: true,
  });
}

test('agent process: a missing variable ends it with 78 and one line on stderr', async (t) => {
  const { code, stdout, stderr } = await runAgent([], { EDGE_KEY: edgeKeyFor() });
  t.is(code, 78);
  t.is(stdout, '');
  t.regex(stderr, /^fairlead-agent: config-missing: EDGE_ID is not set: [^\n]+\n$/);
});

test('agent process: a malformed Edge key ends it with 78 and does not show it', async (t) => {
  const { code, stderr } = await runAgent([], edgeVariables({ EDGE_KEY: edgeKeyFor().slice(0, 50) }));
  t.is(code, 78);
  t.regex(stderr, /^fairlead-agent: edge-key-malformed: EDGE_KEY [^\n]+\n$/);
  t.false(stderr.includes(edgeKeyFor().slice(0, 30)));
});

test('agent process: an unknown command ends it with 78', async (t) => {
  const { code, stderr } = await runAgent(['frobnicate'], edgeVariables());
  t.is(code, 78);
  t.regex(stderr, /^fairlead-agent: command-unknown: /);
});

test('agent process: --help and version need no configuration', async (t) => {
  const help = await runAgent(['--help']);
  t.is(help.code, 0);
  t.regex(help.stdout, /EDGE_INACTIVITY_TIMEOUT/);
  const version = await runAgent(['version']);
  t.regex(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('agent process: healthcheck ends with 1 where no agent runs', async (t) => {
  const { code, stdout } = await runAgent(['healthcheck'], edgeVariables({ DATA_DIR: folder }));
  t.is(code, 1);
  t.is(stdout, 'unhealthy: no agent is running here\n');
});

test('agent process: without hub and engine it keeps running, logs both, and ends with 0 on SIGTERM', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agent-data-'));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const env = edgeVariables({
    PATH: process.env.PATH,
    EDGE_KEY: edgeKeyFor('https://127.0.0.1:1/edge'),
    DOCKER_HOST: join(dataDir, 'no-engine.sock'),
    DATA_DIR: dataDir,
    LOG_FORMAT: 'json',
  });
  const agent = spawn(process.execPath, [bundle], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => agent.kill('SIGKILL'));
  const exit = once(agent, 'exit');
  const seen: string[] = [];
  for await (const line of createInterface({ input: agent.stdout })) {
    t.false(line.includes(JOIN_SECRET), line);
    seen.push(JSON.parse(line).code);
    if (seen.includes('engine-unreachable') && seen.includes('hub-refused')) break;
  }
  t.is((await stat(join(dataDir, 'instance.json'))).mode & 0o777, 0o600);
  t.deepEqual(await readdir(dataDir), ['instance.json']);
  agent.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
});

test('agent process: EDGE_METRICS_FILE is written while it runs, and removed on SIGTERM', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agent-data-'));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const metrics = join(dataDir, 'agent.prom');
  const env = edgeVariables({
    PATH: process.env.PATH,
    EDGE_KEY: edgeKeyFor('https://127.0.0.1:1/edge'),
    DOCKER_HOST: join(dataDir, 'no-engine.sock'),
    DATA_DIR: dataDir,
    EDGE_METRICS_FILE: metrics,
  });
  const agent = spawn(process.execPath, [bundle], { env, cwd: folder, stdio: 'ignore' });
  t.teardown(() => agent.kill('SIGKILL'));
  const exit = once(agent, 'exit');
  const text = await until(
    () => readFile(metrics, 'utf8').catch(() => ''),
    (found) => found !== '',
  );
  t.is(metricValue(text, 'fairlead_agent_engine_up'), 0);
  t.false(text.includes(JOIN_SECRET));
  agent.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
  t.deepEqual(await readdir(dataDir), ['instance.json']);
});
