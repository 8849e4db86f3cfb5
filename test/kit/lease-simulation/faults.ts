import { answerTo } from '../hub/check-in-bench.js';
import type { LeaseAgent } from './agent.js';
import type { LeaseSimulation } from './simulation.js';

type Fault = (simulation: LeaseSimulation, agent: LeaseAgent) => void | Promise<void>;

/** The possible faults, each as likely as it is often listed. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a moment passes': (simulation) => simulation.advance(simulation.random.between(0, 50)),
  'another moment passes': (simulation) => simulation.advance(simulation.random.between(0, 500)),
  'seconds pass': (simulation) => simulation.advance(simulation.random.between(0, 6_000)),
  'half a minute passes': (simulation) => simulation.advance(simulation.random.between(0, 30_000)),
  'a minute passes': (simulation) => simulation.advance(simulation.random.between(30_000, 70_000)),
  'the tunnel is needed': ({ hub }) => hub.environment.tunnels.slot().demand(),
  'the tunnel is needed again': ({ hub }) => hub.environment.tunnels.slot().demand(),
  'a call waits for the tunnel': async ({ hub, random, clock }) => {
    const disconnect = new AbortController();
    clock.after(random.between(0, 20_000), () => disconnect.abort(new Error('disconnect')));
    hub.environment.tunnels
      .slot()
      .acquire(random.between(0, 30_000), disconnect.signal)
      .then(({ leave }) => clock.after(random.between(0, 10_000), leave))
      .catch(() => undefined);
  },
  'a node is needed': ({ hub }, { id }) => hub.environment.tunnels.slot(id).demand(),
  'a link breaks': (_, agent) => agent.cut(false),
  'a link falls silent': (_, agent) => agent.cut(true),
  'a link is back': (_, agent) => agent.mend(),
  'a second link is back': (_, agent) => agent.mend(),
  'the path to the tunnel port changes': (simulation, agent) => {
    agent.canOpen = !agent.canOpen;
    agent.failMs = simulation.random.pick([0, 250, 3_000, 10_000]);
  },
  'the path to the tunnel port turns slow, or fast': (simulation, agent) => {
    agent.dialMs = simulation.random.pick([0, 0, 4_000, 8_000, 15_000]);
  },
  'an agent holds its check-ins, or does not': (_, agent) => {
    agent.holds = !agent.holds;
  },
  'an engine ends, or is back': (_, agent) => {
    agent.engine = agent.engine === 'up' ? 'down' : 'up';
    agent.kick();
  },
  'a node is promoted or demoted': (simulation, agent) => {
    const node = simulation.nodes.get(agent.nodeId);
    if (!node || node.isRooted) return;
    node.role = node.role === 'manager' ? 'worker' : 'manager';
    simulation.enrol(agent);
    agent.kick();
  },
  'a node is drained, or is back': (simulation, agent) => {
    const node = simulation.nodes.get(agent.nodeId);
    if (node) node.availability = node.availability === 'drain' ? 'active' : 'drain';
  },
  'a manager reports its Swarm': (simulation, agent) => simulation.report(agent),
  'another manager reports it': (simulation, agent) => simulation.report(agent),
  'a tunnel breaks': ({ hub, random }) =>
    hub.environment.tunnels.peek()?.tunnel?.close(random.pick(['lost', 'silent', 'flooding'])),
  "a node's tunnel breaks": ({ hub }, { id }) => hub.environment.tunnels.peek(id)?.tunnel?.close('lost'),
  'an idle tunnel is closed': (_, agent) => agent.closeIdle(),
  'everything is revoked': (simulation) => simulation.revoke(),
  'the hub restarts': (simulation) => simulation.restart(false),
  'the hub is killed': (simulation) => simulation.restart(true),
  'a data folder is lost': (simulation, agent) => simulation.replace(agent),
  'the wall clock is set': ({ clock, random }) =>
    clock.setWall(clock.now() + random.between(-3_600_000, 3_600_000)),
  'time is lost': ({ clock, random }) => clock.jump(random.between(0, 20_000)),
  'a token is shown once more': (simulation) => {
    const { tokens, random } = simulation;
    if (tokens.length > 0) attempt(() => show(simulation, random.pick(tokens)));
  },
  'an agent presents the token of another': (simulation, { id }) => {
    const instance = simulation.environment.instances.find((one) => one.id === id);
    const other = simulation.tokens.at(-1);
    if (instance && other) attempt(() => simulation.admit(instance, other.token));
  },
  'a check-in arrives twice': (simulation, agent) => stray(simulation, agent, 0),
  'a stray check-in is held': (simulation, agent) => stray(simulation, agent, 50),
  'a late handshake is over': (simulation) => {
    const handshake = simulation.handshakes.shift();
    if (handshake) attempt(() => simulation.register(handshake));
  },
};

/** Does one thing; says what. */
export async function injectFault(simulation: LeaseSimulation): Promise<string> {
  const what = simulation.random.pick(Object.keys(FAULTS));
  const agent = simulation.random.pick(simulation.agents);
  await FAULTS[what]?.(simulation, agent);
  return `${simulation.clock.monotonic()} ${what} (${agent.id})`;
}

/** The connection is registered now, or later. */
function show(simulation: LeaseSimulation, { token, instance }: LeaseSimulation['tokens'][number]): void {
  const handshake = simulation.admit(instance, token);
  if (simulation.random.next() < 0.5) simulation.handshakes.push(handshake);
  else simulation.register(handshake);
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** Another process with the agent's identity checks in; the token that it may get it keeps for later. */
function stray(simulation: LeaseSimulation, agent: LeaseAgent, waitSeconds: number): void {
  const instance = simulation.environment.instances.find(({ id }) => id === agent.id);
  if (!instance) return;
  const query = { engine: agent.engine, tunnel: simulation.random.pick(['none', 'opening', 'x']) };
  const { environment } = simulation;
  const checkIn = { environment, instance, query, etag: undefined, waitSeconds };
  const answer = answerTo(simulation.hub.checkIns, checkIn);
  simulation.rules.checkedIn(agent);
  answer.then((answer) => simulation.keep(instance, answer)).catch(() => undefined);
}
