import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentCreated } from '../../plugin/api.js';
import { type CommandOptions, type CommandResult, runCommand } from '../../tools/lab/run-command.js';
import type { LabSwarm } from '../../tools/lab/swarm.js';
import type { SwarmNode } from '../../tools/lab/swarm-node.js';
import { startChild } from './child.js';
import { type Hub, startHub } from './hub.js';
import { AGENT_IMAGE } from './lab.js';
import type { Scope } from './scope.js';
import { startSwarm } from './swarm-lab.js';

/** Name of the service in the printed command. */
export const SERVICE = 'fairlead-agent';

/** A Swarm of three engines, a hub, and an environment whose printed command was pasted on the first node. */
export interface SwarmLine {
  readonly swarm: LabSwarm;
  readonly hub: Hub;
  readonly created: EnvironmentCreated;
  /** The docker client through the hub: at the environment, or at one node of it. */
  docker(args: readonly string[], options?: CommandOptions & { node?: string }): Promise<CommandResult>;
  /** The arguments that lead it there. */
  dockerArgs(node?: string): string[];
  /** Name of the node whose engine answers at the environment. */
  leader(): Promise<string>;
  /** The environment's tunnels that are open, by the hub's log. */
  tunnels(): number;
  /** Id of the agent's container on a node; '' where none runs. */
  agentOn(node: SwarmNode): Promise<string>;
}

/** Starts it; ready when the agent of each node has enrolled and the environment is online. */
export async function startSwarmLine(
  t: Scope,
  { managers, env = {} }: { managers: 1 | 3; env?: NodeJS.ProcessEnv },
): Promise<SwarmLine> {
  const [swarm, hub] = await Promise.all([
    startSwarm(t, { managers }),
    startHub(t, { env: { FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE, ...env } }),
  ]);
  const created = await hub.createEnvironment({ name: 'swarm', url: `https://${swarm.gateway}:${hub.port}` });
  const line = await lineOf({ swarm, hub, created });
  const { PATH, HOME } = process.env;
  // The command itself ends after the tasks' first health probe, which is later.
  startChild(t, 'sh', ['-c', created.commands.swarm], { PATH, HOME, ...swarm.nodes[0].engine.clientEnv });
  await untilEnrolled(line);
  return line;
}

/** What a test does with a Swarm and its environment. */
async function lineOf({
  swarm,
  hub,
  created,
}: Pick<SwarmLine, 'swarm' | 'hub' | 'created'>): Promise<SwarmLine> {
  const args = await hub.dockerArgs(created.id);
  const at = (node?: string) =>
    node === undefined ? args : args.map((arg) => arg.replace(/\/docker$/, `/nodes/${node}/docker`));
  const docker: SwarmLine['docker'] = (words, { node, ...options } = {}) =>
    runCommand('docker', [...at(node), ...words], options);
  return {
    swarm,
    hub,
    created,
    docker,
    dockerArgs: at,
    leader: async () => (await docker(['info', '-f', '{{.Name}}'])).stdout.trim(),
    tunnels: () => {
      const count = (what: string) =>
        hub.child.lines.filter((text) => text.includes(`"msg":"${what}"`)).length;
      return count('tunnel open') - count('tunnel closed');
    },
    agentOn: async (node) => {
      const filter = ['--filter', `label=com.docker.swarm.service.name=${SERVICE}`];
      return (await node.docker('ps', '-q', '--no-trunc', ...filter)).split('\n')[0] ?? '';
    },
  };
}

/** Resolves once an agent of each node has enrolled and its environment is online. */
async function untilEnrolled({ hub, created, swarm }: SwarmLine): Promise<void> {
  await hub.until(created.id, ({ status }) => status === 'online', 60_000);
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { environments } = JSON.parse(
      await readFile(join(hub.dataDir, 'plugins/fairlead/fairlead.json'), 'utf8'),
    );
    if (environments[0].instances.length === swarm.nodes.length) return;
    if (Date.now() > deadline) throw new Error('some agents have not enrolled');
    await delay(100);
  }
}
