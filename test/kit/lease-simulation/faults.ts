import type { LeaseAgent } from './agent.js';
import type { LeaseWorld } from './simulation.js';

type Fault = (world: LeaseWorld, agent: LeaseAgent) => void | Promise<void>;

/** The possible faults, each as likely as it is often listed. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a moment passes': (world) => world.advance(world.random.between(0, 50)),
  'another moment passes': (world) => world.advance(world.random.between(0, 500)),
  'seconds pass': (world) => world.advance(world.random.between(0, 6_000)),
  'half a minute passes': (world) => world.advance(world.random.between(0, 30_000)),
  'a minute passes': (world) => world.advance(world.random.between(30_000, 70_000)),
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
  'the path to the tunnel port changes': (world, agent) => {
    agent.canOpen = !agent.canOpen;
    agent.failMs = world.random.pick([0, 250, 3_000, 10_000]);
  },
  'the path to the tunnel port turns slow, or fast': (world, agent) => {
    agent.dialMs = world.random.pick([0, 0, 4_000, 8_000, 15_000]);
  },
  'an agent holds its check-ins, or does not': (_, agent) => {
    agent.holds = !agent.holds;
  },
  'an engine ends, or is back': (_, agent) => {
    agent.engine = agent.engine === 'up' ? 'down' : 'up';
    agent.kick();
  },
  'a node is promoted or demoted': (world, agent) => {
    const node = world.nodes.get(agent.nodeId);
    if (!node || node.isRooted) return;
    node.role = node.role === 'manager' ? 'worker' : 'manager';
    world.enrol(agent);
    agent.kick();
  },
  'a node is drained, or is back': (world, agent) => {
    const node = world.nodes.get(agent.nodeId);
    if (node) node.availability = node.availability === 'drain' ? 'active' : 'drain';
  },
  'a manager reports its Swarm': (world, agent) => world.report(agent),
  'another manager reports it': (world, agent) => world.report(agent),
  'a tunnel breaks': ({ hub, random }) =>
    hub.environment.tunnels.peek()?.tunnel?.close(random.pick(['lost', 'silent', 'flooding'])),
  "a node's tunnel breaks": ({ hub }, { id }) => hub.environment.tunnels.peek(id)?.tunnel?.close('lost'),
  'an idle tunnel is closed': (_, agent) => agent.closeIdle(),
  'everything is revoked': (world) => world.revoke(),
  'the hub restarts': (world) => world.restart(false),
  'the hub is killed': (world) => world.restart(true),
  'a data folder is lost': (world, agent) => world.replace(agent),
  'the wall clock is set': ({ clock, random }) =>
    clock.setWall(clock.now() + random.between(-3_600_000, 3_600_000)),
  'time is lost': ({ clock, random }) => clock.jump(random.between(0, 20_000)),
  'a token is shown once more': (world) => {
    const { tokens, random } = world;
    if (tokens.length > 0) attempt(() => show(world, random.pick(tokens)));
  },
  'an agent presents the token of another': (world, { id }) => {
    const instance = world.environment.instances.find((one) => one.id === id);
    const other = world.tokens.at(-1);
    if (instance && other) attempt(() => world.admit(instance, other.token));
  },
  'a check-in arrives twice': (world, agent) => stray(world, agent, 0),
  'a stray check-in is held': (world, agent) => stray(world, agent, 50),
  'a late handshake is over': (world) => {
    const handshake = world.handshakes.shift();
    if (handshake) attempt(() => world.register(handshake));
  },
};

/** Does one thing; says what. */
export async function injectFault(world: LeaseWorld): Promise<string> {
  const what = world.random.pick(Object.keys(FAULTS));
  const agent = world.random.pick(world.agents);
  await FAULTS[what]?.(world, agent);
  return `${world.clock.monotonic()} ${what} (${agent.id})`;
}

/** The connection is registered now, or later. */
function show(world: LeaseWorld, { token, instance }: LeaseWorld['tokens'][number]): void {
  const handshake = world.admit(instance, token);
  if (world.random.next() < 0.5) world.handshakes.push(handshake);
  else world.register(handshake);
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** Another process with the agent's identity checks in; the token that it may get it keeps for later. */
function stray(world: LeaseWorld, agent: LeaseAgent, waitSeconds: number): void {
  const instance = world.environment.instances.find(({ id }) => id === agent.id);
  if (!instance) return;
  const { signal } = new AbortController();
  const query = { engine: agent.engine, tunnel: world.random.pick(['none', 'opening', 'x']) };
  const { environment } = world;
  const answer = world.hub.checkIns.answer({
    environment,
    instance,
    query,
    etag: undefined,
    waitSeconds,
    signal,
  });
  world.rules.checkedIn(agent);
  answer.then((answer) => world.keep(instance, answer)).catch(() => undefined);
}
