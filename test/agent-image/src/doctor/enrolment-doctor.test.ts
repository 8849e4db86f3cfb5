import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import pino from 'pino';
import { Agent } from '../../../../agent-image/src/agent.js';
import { readConfig } from '../../../../agent-image/src/config/read-config.js';
import { EnrolmentDoctor } from '../../../../agent-image/src/doctor/enrolment-doctor.js';
import { encodeEdgeKey, parseEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import type { DoctorReport } from '../../../../protocol/messages/doctor.js';
import { AGENT_PROBLEMS, problem } from '../../../../protocol/problems/agent.js';
import { Problem, plain } from '../../../../protocol/problems/problem.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { freePort } from '../../../kit/free-port.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import type { Scope } from '../../../kit/scope.js';
import { tempFolder } from '../../../kit/temp-folder.js';
import { until } from '../../../kit/until.js';
import { edgeVariables } from '../config/edge-variables.js';
import { startFakeEngine } from '../docker/fake-engine.js';
import { edgeKeyAt } from './doctor-setup.js';

const MINUTE_MS = 60_000;
const succeed = () => Promise.resolve();

/** A doctor whose minutes pass by hand, for a hub that is not there. */
function setup(t: Scope) {
  const lines: { hop: string }[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const posted: DoctorReport[] = [];
  let passedMs = 0;
  const doctor = new EnrolmentDoctor({
    config: readConfig(edgeVariables({ EDGE_KEY: edgeKeyAt('https://127.0.0.1:1/edge') })),
    client: { postDoctor: async (report) => void posted.push(report) },
    clock: { ...systemClock, monotonic: () => performance.now() + passedMs },
    logger,
  });
  t.teardown(() => doctor.stop());
  const fail = async (error: Error) => {
    await doctor.watch(() => Promise.reject(error)).catch(() => undefined);
  };
  const runs = () => lines.filter(({ hop }) => hop === 'addresses').length;
  const pass = (ms: number) => {
    passedMs += ms;
  };
  return { doctor, lines, posted, fail, runs, pass };
}

test('enrolment doctor: logs each failed hop, once for each cause and at most every five minutes', async (t) => {
  const { lines, fail, runs, pass } = setup(t);
  await fail(problem('hub-refused'));
  await until(runs, (count) => count === 1);
  t.like(
    lines.find(({ hop }) => hop === 'addresses'),
    { code: 'hub-refused' },
  );
  // One line each: the API's addresses, the tunnel port, the engine.
  await until(
    () => lines.map(({ hop }) => hop),
    (hops) => hops.includes('engine'),
  );
  await fail(problem('hub-refused'));
  await fail(problem('hub-dns'));
  pass(6 * MINUTE_MS);
  await fail(problem('hub-refused'));
  t.is(runs(), 1);
  await fail(problem('hub-dns'));
  await until(runs, (count) => count === 2);
});

test('enrolment doctor: refusals that only the hub gives start none', async (t) => {
  const { doctor, posted, fail, runs } = setup(t);
  await fail(new Problem('duplicate', 'Another agent'));
  await fail(problem('agent-stopping'));
  await doctor.watch(succeed);
  t.is(runs(), 0);
  t.deepEqual(posted, []);
});

test('enrolment doctor: reports the last run at the next enrolment, once', async (t) => {
  const { doctor, lines, posted, fail } = setup(t);
  await fail(problem('hub-refused'));
  await until(
    () => lines.map(({ hop }) => hop),
    (hops) => hops.includes('engine'),
  );
  await doctor.watch(succeed);
  await doctor.watch(succeed);
  t.is(posted.length, 1);
  t.like(
    posted[0]?.hops.find(({ hop }) => hop === 'addresses'),
    { result: 'fail', code: 'hub-refused' },
  );
});

test('enrolment doctor: an admin sees what an agent met before its hub was reachable', async (t) => {
  const engine = await startFakeEngine(t);
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const path = `/api/environments/${id}/doctor`;
  t.deepEqual((await hub.call('GET', path)).body, { run: null });
  const port = await freePort();
  const lines: string[] = [];
  const agent = new Agent({
    config: readConfig({
      EDGE_ID: edgeId ?? '',
      EDGE_KEY: encodeEdgeKey({ ...parseEdgeKey(edgeKey), apiUrl: `http://127.0.0.1:${port}/edge` }),
      DATA_DIR: await tempFolder(t),
      DOCKER_HOST: engine.address.kind === 'unix' ? engine.address.path : '',
    }),
    version: '0.0.0-test',
    clock: systemClock,
    random: () => 0.5,
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
    boot: undefined,
    onStaleMount: () => undefined,
    onDial: () => undefined,
  });
  t.teardown(() => agent.stop());
  await agent.start();
  await until(
    () => lines.join(''),
    (text) => text.includes('doctor: '),
  );
  const second = http.createServer(hub.plugin.callback);
  t.teardown(() => {
    second.closeAllConnections();
    second.close();
  });
  await once(second.listen(port, '127.0.0.1'), 'listening');
  t.is((second.address() as AddressInfo).port, port);
  const { body } = await until(
    () => hub.call<{ run: { hops: { hop: string }[] } | null }>('GET', path),
    (answer) => answer.body.run !== null,
    { ms: 60_000 },
  );
  t.like(
    body.run?.hops.find(({ hop }) => hop === 'addresses'),
    { result: 'fail', code: 'hub-refused', nextStep: plain(AGENT_PROBLEMS['hub-refused'].nextStep) },
  );
  t.like(
    hub.log.lines.find(({ message }) => message.startsWith('an agent reports what its doctor found')),
    { level: 'info', fields: { environmentId: id, failed: ['addresses hub-refused'] } },
  );
});
