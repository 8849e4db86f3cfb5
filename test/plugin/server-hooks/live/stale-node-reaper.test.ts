import test from 'ava';
import { Presence } from '../../../../plugin/server-hooks/live/presence.js';
import { StaleNodeReaper } from '../../../../plugin/server-hooks/live/stale-node-reaper.js';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { SwarmRoster } from '../../../../plugin/server-hooks/swarm/roster.js';
import { TunnelRegistry } from '../../../../plugin/server-hooks/tunnel/registry.js';
import type { SwarmReport } from '../../../../protocol/messages/agent-calls.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { member, newInstance, swarmEnvironment } from '../../../kit/lease-simulation/samples.js';
import { LogRecorder } from '../../../kit/log-recorder.js';

const INTERVAL_MS = 5_000;
/** Who is silent for so long is forgotten, ms; how late the hub looks is added. */
const SILENT_MS = 2 * INTERVAL_MS + 60_000;
const SWEEP_MS = 30_000;

function instanceOn(nodeId: string, role: 'manager' | 'worker'): Instance {
  return { ...newInstance(`on ${nodeId}`), node: { swarmId: 'swarm', nodeId, name: nodeId, role } };
}

const MANAGER = instanceOn('node-1', 'manager');
const [STAYING, LEAVING] = [instanceOn('node-2', 'worker'), instanceOn('node-3', 'worker')];
/** Its engine left the Swarm, and its containers are reached at its last node: no list of a manager has it. */
const OUTSIDE: Instance = { ...instanceOn('node-4', 'worker'), isOutside: true };
/** One outside the Swarm: nobody can tell that it left. */
const APART = newInstance('apart');
const ALL = [MANAGER, STAYING, LEAVING, OUTSIDE, APART];

function setup() {
  const clock = new FakeClock();
  const store = new MemoryStore();
  store.put({ ...swarmEnvironment('', Buffer.alloc(32)), instances: ALL });
  const presence = new Presence(clock);
  const registry = new TunnelRegistry({ clock, bootId: 'boot', inactivityMs: () => 60_000 });
  const roster = new SwarmRoster({ store, onChange: () => undefined, clock });
  const goneNodes = new StaleNodeReaper({
    store,
    presence,
    registry,
    roster,
    clock,
    logger: new LogRecorder(),
  });
  goneNodes.start();
  const report: SwarmReport = {
    swarmId: 'swarm',
    nodes: [member('node-1', 'manager', 'active'), member('node-2', 'worker', 'active')],
  };
  return {
    clock,
    registry,
    goneNodes,
    hear: (...instances: Instance[]) => {
      for (const { id } of instances) presence.recordCheckIn(1, id, INTERVAL_MS);
    },
    tell: (teller = MANAGER) => roster.accept(1, teller, report),
    left: () => ALL.filter((one) => !store.environment(1)?.instances.includes(one)),
  };
}

test('gone nodes: the agent of a node that managers list no more is forgotten once it is silent', async (t) => {
  const { clock, hear, tell, left, goneNodes } = setup();
  hear(...ALL);
  await tell();
  clock.advance(SILENT_MS);
  t.deepEqual(left(), []);
  clock.advance(SWEEP_MS);
  t.deepEqual(left(), [LEAVING], 'others are as silent, but their Swarm has them');
  goneNodes.stop();
  goneNodes.stop();
  t.is(clock.pending, 0);
});

test('gone nodes: one whose agent is heard stays', async (t) => {
  const { clock, hear, tell, left } = setup();
  await tell();
  for (let ms = 0; ms < 10 * SILENT_MS; ms += SILENT_MS) {
    hear(LEAVING);
    clock.advance(SILENT_MS);
  }
  t.deepEqual(left(), []);
});

test('gone nodes: one whose tunnel stands stays, whatever becomes of its check-ins', async (t) => {
  const { clock, registry, hear, tell, left } = setup();
  hear(...ALL);
  await tell();
  const isActive = registry.state.bind(registry);
  registry.state = (id, instanceId) => (instanceId === LEAVING.id ? 'active' : isActive(id, instanceId));
  clock.advance(10 * SILENT_MS);
  t.deepEqual(left(), []);
});

test('gone nodes: who is not trusted as a manager removes nothing', async (t) => {
  const { clock, hear, tell, left } = setup();
  hear(...ALL);
  await t.throwsAsync(tell(STAYING), { code: 'manager-unconfirmed' });
  clock.advance(10 * SILENT_MS);
  t.deepEqual(left(), []);
});

test('gone nodes: a hub that has just started gives an agent as long as if it had been heard then', async (t) => {
  const { clock, tell, left } = setup();
  await tell();
  clock.advance(SILENT_MS);
  t.deepEqual(left(), []);
  clock.advance(SWEEP_MS);
  t.deepEqual(left(), [LEAVING]);
});
