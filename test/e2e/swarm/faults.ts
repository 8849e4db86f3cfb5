import { setTimeout as delay } from 'node:timers/promises';
import type { SwarmNode } from '../../../tools/lab/swarm/node.js';
import { freezeContainer } from '../../kit/engine/freeze-container.js';
import type { SwarmSetup } from '../../kit/swarm/setup.js';

/** What befalls a node; `undo` makes it whole again. */
export interface Fault {
  readonly name: string;
  /** Whether the hub gets no event and must notice the silence. */
  readonly isSilent: boolean;
  inflict(setup: SwarmSetup, node: SwarmNode): Promise<() => Promise<void>>;
}

/** Every way in which a leader is lost, one at a time. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'its container is killed',
    isSilent: false,
    inflict: async (setup, node) => {
      await node.docker('kill', await setup.agentOn(node));
      return async () => undefined; // the Swarm starts another one
    },
  },
  {
    name: 'its node is drained',
    isSilent: false,
    inflict: async (setup, node) => {
      await byAnother(setup, node, ['node', 'update', '--availability', 'drain', node.id]);
      return () => byAnother(setup, node, ['node', 'update', '--availability', 'active', node.id]);
    },
  },
  {
    name: 'its node is demoted',
    isSilent: false,
    inflict: async (setup, node) => {
      await byAnother(setup, node, ['node', 'demote', node.id]);
      return () => byAnother(setup, node, ['node', 'promote', node.id]);
    },
  },
  {
    name: 'its link is cut',
    isSilent: true,
    inflict: async (_line, node) => {
      await node.cut();
      return () => node.mend();
    },
  },
  {
    name: 'its engine is stopped',
    isSilent: false,
    inflict: async (_line, node) => {
      await node.engine.stop();
      return () => node.engine.start();
    },
  },
  {
    name: 'its agent is frozen',
    isSilent: true,
    inflict: async (setup, node) => freezeContainer(node.engine, await setup.agentOn(node)),
  },
];

/** Runs a command of the Swarm at a manager that is not the node in question; managers may be busy electing. */
async function byAnother({ swarm }: SwarmSetup, node: SwarmNode, args: readonly string[]): Promise<void> {
  const managers = swarm.nodes.filter((other) => other !== node);
  for (let attempt = 1; ; attempt++) {
    for (const manager of managers) {
      const { code, stderr } = await manager.engine.docker(args, { allowFailure: true });
      if (code === 0) return;
      if (attempt === 30) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
    }
    await delay(1_000);
  }
}
