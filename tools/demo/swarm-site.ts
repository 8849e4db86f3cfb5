import { AGENT_IMAGE } from '../lab/images/agent-image.js';
import { installEngine } from '../lab/install/engine.js';
import { runCommand } from '../lab/run-command.js';
import { LabSwarm } from '../lab/swarm/swarm.js';
import type { DemoSite } from './site.js';

/**
 * A Swarm of three private engines in `dir`, joined by the command that the hub prints, run on its first node. This
 * machine's own engine and firewall are left alone.
 * @throws Error with the reason, if the machine cannot run private engines
 */
export async function swarmSite(dir: string, say: (line: string) => void): Promise<DemoSite> {
  const obstacle = await installEngine(say);
  if (obstacle) throw new Error(obstacle);
  say(`starting a Swarm of three private Docker Engines in ${dir}`);
  const swarm = await LabSwarm.create({ managers: 3, images: true, parentDir: dir });
  const [first] = swarm.nodes;
  const client = ({ engine }: { engine: typeof first.engine }) => `docker -H unix://${engine.socketPath}`;
  return {
    name: 'swarm',
    hubAddress: swarm.gateway,
    agentImage: AGENT_IMAGE,
    facts: swarm.nodes.map((node) => [node.name, `${node.address}   ${client(node)}`]),
    suggestion: 'node ls',
    close: () => swarm.close(),
    join: async (created) => {
      say('running the printed command on node1');
      const env = { ...process.env, ...first.engine.clientEnv };
      // It ends after the tasks' first health probe: long after the agents are online.
      const pasted = runCommand('sh', ['-c', created.commands.swarm], { env });
      const failed = pasted.then(() => new Promise<never>(() => {}));
      failed.catch(() => {}); // handled by its callers
      // The agents stop with the engines.
      return { failed, logs: `${client(first)} service logs fairlead-agent`, stop: async () => {} };
    },
  };
}
