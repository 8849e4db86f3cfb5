import { randomInt } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { NodeView } from '../../../plugin/api.js';
import type { SwarmNode } from '../../../tools/lab/swarm/node.js';
import { serialLabTest } from '../../kit/engine/lab.js';
import { seededRandom } from '../../kit/seeded-random.js';
import { type SwarmSetup, startSwarmSetup } from '../../kit/swarm/setup.js';
import { until } from '../../kit/until.js';
import { FAULTS, type Fault } from './faults.js';

/** Set these for more rounds, or for those of an earlier run. */
const ROUNDS = Number(process.env.FAIRLEAD_SWARM_ROUNDS ?? 3);
const SEED = Number(process.env.FAIRLEAD_SEED ?? randomInt(2 ** 31));
const FAULTS_A_ROUND = 3;
/** Another agent holds the tunnel 3 s after the hub noticed, which takes up to 10 s when no event reports it. */
const PROMISED_MS = { reported: 3_000, silent: 13_000 };
/** Time a Swarm needs to stop a task, and an agent to notice that it is no longer a manager, ms. */
const NOTICE_MS = 10_000;

serialLabTest(
  `swarm: after any fault of the leader another one takes over and stays leader (${ROUNDS} rounds)`,
  async (t) => {
    t.timeout((ROUNDS + 2) * FAULTS_A_ROUND * 90_000);
    t.log(`FAIRLEAD_SEED=${SEED}`);
    const random = seededRandom(SEED);
    const setup = await startSwarmSetup(t, { managers: 3 });
    t.teardown(() => {
      if (!t.passed) for (const text of setup.hub.child.lines) t.log(text);
    });
    const faults = dealt(FAULTS, ROUNDS * FAULTS_A_ROUND, () => random.next());
    for (const [index, fault] of faults.entries()) {
      await endure(t, setup, fault, 1 + Math.floor(index / FAULTS_A_ROUND));
    }
  },
);

interface LogEntry {
  readonly time: string;
  readonly msg: string;
  readonly code?: string;
}

async function endure(t: ExecutionContext, setup: SwarmSetup, fault: Fault, round: number): Promise<void> {
  const old = nodeNamed(setup, await setup.leader());
  await setup.untilOneTunnel();
  const logged = setup.hub.child.lines.length;
  const startMs = performance.now();
  const undo = await fault.inflict(setup, old);
  const leader = await untilOther(setup, old, fault);
  const tookMs = Math.round(performance.now() - startMs);
  const takenOver = setup.hub.child.lines.length;
  const { stdout } = await setup.docker(['ps', '-q']);
  t.not(stdout.trim(), '', 'the agent itself runs there');
  const gap = gapMs(logOf(setup, logged));
  t.log(`round ${round}: ${fault.name}: ${old.name} -> ${leader} after ${tookMs} ms, gap ${gap} ms`);
  await undo();
  await untilWhole(setup, old, Date.now());
  await setup.leader();
  await setup.untilOneTunnel();
  // A node that was away gets a new task from the Swarm, at a time of its choosing: that is a loss like any other.
  const taken = logOf(setup, takenOver).filter(
    ({ msg, code }) => msg === 'tunnel closed' && code === 'superseded',
  );
  t.deepEqual(taken, [], `${leader} keeps the lead`);
}

/** Resolves to the name of the leader once it is another one. */
async function untilOther(
  { swarm, hub, created }: SwarmSetup,
  old: SwarmNode,
  fault: Fault,
): Promise<string> {
  const limitMs = 5 * (fault.isSilent ? PROMISED_MS.silent : PROMISED_MS.reported + NOTICE_MS);
  const base = `/edge/api/environments/${created.id}`;
  // Not `/info`, which an engine answers only when its Swarm has elected its new leader.
  const read = async () => {
    const path = `${base}/docker/containers/json`;
    const call = hub.call<readonly { Labels: Record<string, string> }[]>('GET', path);
    const { status, body } = await call.catch((error: Error) => ({ status: 0, body: error.message }));
    const nodeIds = Array.isArray(body) ? body.map(({ Labels }) => Labels['com.docker.swarm.node.id']) : [];
    const leader = swarm.nodes.find(({ id }) => nodeIds.includes(id));
    return { status, body, leader: leader?.name };
  };
  const isOther = ({ status, leader }: Awaited<ReturnType<typeof read>>) =>
    status === 200 && leader !== undefined && leader !== old.name;
  const { leader } = await until(read, isOther, { ms: limitMs, what: `${fault.name}: another leader` });
  return leader ?? '';
}

/** Resolves once the node is Ready, a manager in good standing, and its agent has checked in again. */
async function untilWhole(setup: SwarmSetup, node: SwarmNode, sinceMs: number): Promise<void> {
  const other = setup.swarm.nodes.find((one) => one !== node);
  await setup.swarm.untilStatus(node, 'Ready', other);
  const isBack = ({ agent }: NodeView) => Date.parse(agent?.lastCheckInAt ?? '') > sinceMs;
  const isWhole = (one: NodeView) =>
    one.role === 'manager' &&
    one.availability === 'active' &&
    one.agent?.online === true &&
    one.agent.engine === 'up';
  await setup.untilNodes(
    (nodes) => nodes.every(isWhole) && nodes.some((one) => one.id === node.id && isBack(one)),
    100_000,
  );
}

/** Milliseconds from the end of the environment's tunnel to the next one. */
function gapMs(entries: readonly LogEntry[]): number {
  const closed = entries.find(({ msg }) => msg === 'tunnel closed');
  const open = entries.findLast(({ msg }) => msg === 'tunnel open');
  return Date.parse(open?.time ?? '') - Date.parse(closed?.time ?? '');
}

/** What the hub logged since a line. */
function logOf({ hub }: SwarmSetup, from: number): LogEntry[] {
  return hub.child.lines.slice(from).flatMap((text) => (text.startsWith('{') ? JSON.parse(text) : []));
}

function nodeNamed({ swarm }: SwarmSetup, name: string): SwarmNode {
  const node = swarm.nodes.find((one) => one.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
}

/** A random selection, as cards are dealt: none repeats before all others were used. */
function dealt<T>(items: readonly T[], count: number, random: () => number): T[] {
  const cards: T[] = [];
  while (cards.length < count) {
    const deck = items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key);
    cards.push(...deck.map(({ item }) => item));
  }
  return cards.slice(0, count);
}
