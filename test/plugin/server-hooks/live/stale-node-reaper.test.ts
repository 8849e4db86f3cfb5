import test from 'ava';
import { StaleNodeReaper } from '../../../../plugin/server-hooks/live/stale-node-reaper.js';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import type { SwarmReport } from '../../../../protocol/messages/agent-calls.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { member, newInstance, swarmEnvironment } from '../../../kit/lease-simulation/samples.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';

const INTERVAL_MS = 5_000;
/** Time of silence after which an agent is removed, ms; the sweep interval is added. */
const SILENT_MS = 2 * INTERVAL_MS + 60_000;
const SWEEP_MS = 30_000;

function instanceOn(nodeId: string, role: 'manager' | 'worker'): Instance {
  return { ...newInstance(`on ${nodeId}`), node: { swarmId: 'swarm', nodeId, name: nodeId, role } };
}

const MANAGER = instanceOn('node-1', 'manager');
const [STAYING, LEAVING] = [instanceOn('node-2', 'worker'), instanceOn('node-3', 'worker')];
/** Its engine left the Swarm, and its containers are reached at its last node: no list of a manager has it. */
const OUTSIDE: Instance = { ...instanceOn('node-4', 'worker'), isOutside: true };
/** One outside the Swarm: no manager can report that it left. */
const APART = newInstance('apart');
const ALL = [MANAGER, STAYING, LEAVING, OUTSIDE, APART];

function setup() {
  const clock = new FakeClock();
  const store = new MemoryStore();
  store.put({ ...swarmEnvironment('', Buffer.alloc(32)), instances: ALL });
  const live = liveEnvironments({ clock, store });
  const { presence, tunnels, roster } = live.of(1);
  const reaper = new StaleNodeReaper({ store, live, clock, logger: new LogRecorder() });
  reaper.start();
  const report: SwarmReport = {
    swarmId: 'swarm',
    nodes: [member('node-1', 'manager', 'active'), member('node-2', 'worker', 'active')],
  };
  return {
    clock,
    tunnels,
    reaper,
    recordCheckIn: (...instances: Instance[]) => {
      for (const { id } of instances) presence.recordCheckIn(id, INTERVAL_MS);
    },
    sendReport: (reporter = MANAGER) => roster.accept(reporter, report),
    left: () => ALL.filter((one) => !store.environment(1)?.instances.includes(one)),
  };
}

test('stale nodes: the agent of a node that managers no longer list is removed once it is silent', async (t) => {
  const { clock, recordCheckIn, sendReport, left, reaper } = setup();
  recordCheckIn(...ALL);
  await sendReport();
  clock.advance(SILENT_MS);
  t.deepEqual(left(), []);
  clock.advance(SWEEP_MS);
  t.deepEqual(left(), [LEAVING], 'others are equally silent, but still in their Swarm');
  reaper.stop();
  reaper.stop();
  t.is(clock.pending, 0);
});

test('stale nodes: one whose agent checks in stays', async (t) => {
  const { clock, recordCheckIn, sendReport, left } = setup();
  await sendReport();
  for (let ms = 0; ms < 10 * SILENT_MS; ms += SILENT_MS) {
    recordCheckIn(LEAVING);
    clock.advance(SILENT_MS);
  }
  t.deepEqual(left(), []);
});

test('stale nodes: one with an open tunnel stays, even without check-ins', async (t) => {
  const { clock, tunnels, recordCheckIn, sendReport, left } = setup();
  recordCheckIn(...ALL);
  await sendReport();
  const slot = tunnels.slot(LEAVING.id);
  const { tunnel } = await tunnelPair(t, {
    clock,
    instanceId: LEAVING.id,
    epoch: slot.grant(LEAVING.id).epoch,
  });
  slot.attach(tunnel);
  clock.advance(10 * SILENT_MS);
  t.deepEqual(left(), []);
});

test('stale nodes: an agent that is not trusted as a manager removes nothing', async (t) => {
  const { clock, recordCheckIn, sendReport, left } = setup();
  recordCheckIn(...ALL);
  await t.throwsAsync(sendReport(STAYING), { code: 'manager-unconfirmed' });
  clock.advance(10 * SILENT_MS);
  t.deepEqual(left(), []);
});

test('stale nodes: the start of the hub counts as a check-in of each agent', async (t) => {
  const { clock, sendReport, left } = setup();
  await sendReport();
  clock.advance(SILENT_MS);
  t.deepEqual(left(), []);
  clock.advance(SWEEP_MS);
  t.deepEqual(left(), [LEAVING]);
});
