import type { EnvironmentCreated, NodeList, NodeView } from '../../../plugin/api.js';
import { type CommandOptions, type CommandResult, runCommand } from '../../../tools/lab/run-command.js';
import type { SwarmNode } from '../../../tools/lab/swarm/node.js';
import type { LabSwarm } from '../../../tools/lab/swarm/swarm.js';
import { startChild } from '../child.js';
import { AGENT_IMAGE } from '../engine/lab.js';
import { type Hub, startHub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { until } from '../until.js';
import { startSwarm } from './lab.js';

/** Name of the service in the printed command. */
export const SERVICE = 'fairlead-agent';

/** A Swarm of three engines, a hub, and an environment whose printed command was pasted on the first node. */
export interface SwarmSetup {
  readonly swarm: LabSwarm;
  readonly hub: Hub;
  readonly created: EnvironmentCreated;
  /** Wall clock, ms: when the agents of all nodes were online. */
  readonly onlineAtMs: number;
  /** The docker client through the hub: at the environment, or at one node of it. */
  docker(args: readonly string[], options?: CommandOptions & { node?: string }): Promise<CommandResult>;
  /** The arguments that lead it there. */
  dockerArgs(node?: string): string[];
  /** Name of the node whose engine answers at the environment. */
  leader(): Promise<string>;
  /** Resolves once the hub's log shows one open tunnel of the environment. Fails if there were ever more at a time. */
  untilOneTunnel(): Promise<void>;
  /** The nodes once `holds` says so of them. */
  untilNodes(holds: (nodes: readonly NodeView[]) => boolean, ms?: number): Promise<readonly NodeView[]>;
  /** Id of the agent's container on a node; '' where none runs. */
  agentOn(node: SwarmNode): Promise<string>;
}

/** Keeps agents from managers; `docker service update --constraint-rm` removes it. */
export const WORKERS_ONLY = 'node.role==worker';

/**
 * Starts it; ready when the agent of each node has enrolled and the environment is online.
 * @param constraint nodes that have an agent; default: all
 */
export async function startSwarmSetup(
  t: Scope,
  { managers, env = {}, constraint }: { managers: 1 | 3; env?: NodeJS.ProcessEnv; constraint?: string },
): Promise<SwarmSetup> {
  const [swarm, hub] = await Promise.all([
    startSwarm(t, { managers }),
    startHub(t, { env: { FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE, ...env } }),
  ]);
  const created = await hub.createEnvironment({ name: 'swarm', url: `https://${swarm.gateway}:${hub.port}` });
  const setup = await lineOf({ swarm, hub, created });
  const { PATH, HOME } = process.env;
  // The command itself ends after the tasks' first health probe, which is later.
  const placed = constraint === undefined ? '--mode global' : `--mode global --constraint ${constraint}`;
  const command = created.commands.swarm.replace('--mode global', placed);
  startChild(t, 'sh', ['-c', command], { PATH, HOME, ...swarm.nodes[0].engine.clientEnv });
  const expected = constraint === WORKERS_ONLY ? swarm.nodes.length - managers : swarm.nodes.length;
  await setup.untilNodes((nodes) => nodes.length === expected && nodes.every(({ agent }) => agent?.online));
  return { ...setup, onlineAtMs: Date.now() };
}

/** What a test does with a Swarm and its environment. */
async function lineOf({
  swarm,
  hub,
  created,
}: Pick<SwarmSetup, 'swarm' | 'hub' | 'created'>): Promise<Omit<SwarmSetup, 'onlineAtMs'>> {
  const args = await hub.dockerArgs(created.id);
  const at = (node?: string) =>
    node === undefined ? args : args.map((arg) => arg.replace(/\/docker$/, `/nodes/${node}/docker`));
  const docker: SwarmSetup['docker'] = (args, { node, ...options } = {}) =>
    runCommand('docker', [...at(node), ...args], options);
  return {
    swarm,
    hub,
    created,
    docker,
    dockerArgs: at,
    leader: async () => (await docker(['info', '-f', '{{.Name}}'])).stdout.trim(),
    untilOneTunnel: async () => {
      const hasOne = ({ now, most }: { now: number; most: number }) => {
        if (most > 1) throw new Error(`${most} tunnels at a time`);
        return now === 1;
      };
      await until(() => countTunnels(hub.child.lines), hasOne);
    },
    untilNodes: async (holds, ms = 60_000) => {
      const path = `/edge/api/environments/${created.id}/nodes`;
      return until(async () => (await hub.call<NodeList>('GET', path)).body.items, holds, { ms });
    },
    agentOn: async (node) => {
      const filter = ['--filter', `label=com.docker.swarm.service.name=${SERVICE}`];
      return (await node.docker('ps', '-q', '--no-trunc', ...filter)).split('\n')[0] ?? '';
    },
  };
}

function countTunnels(lines: readonly string[]): { now: number; most: number } {
  let [now, most] = [0, 0];
  for (const text of lines) {
    if (text.includes('"msg":"tunnel open"')) now++;
    if (text.includes('"msg":"tunnel closed"')) now--;
    most = Math.max(most, now);
  }
  return { now, most };
}
