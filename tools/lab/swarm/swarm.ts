import { setTimeout as delay } from 'node:timers/promises';
import { LabEngine } from '../engine.js';
import { seedImages } from '../images/seed-images.js';
import { SwarmNode } from './node.js';
import { LabSwitch } from './switch.js';

const SIZE = 3;
const STATUS_WITHIN_MS = 100_000;

export interface SwarmOptions {
  /** Three managers, or one manager, `nodes[0]`, and two workers. */
  readonly managers: 1 | 3;
  /** Whether each node gets the lab's images. Needs the agent's bundle. Default `false`. */
  readonly images?: boolean;
  /** As for an engine. */
  readonly parentDir?: string;
}

/** Three private Docker Engines with their own addresses in one Swarm. Its first node is a manager. */
export class LabSwarm {
  readonly nodes: readonly [SwarmNode, SwarmNode, SwarmNode];
  /** The address at which containers of all nodes reach our servers on `0.0.0.0`. */
  readonly gateway: string;
  readonly #lan: LabSwitch;

  private constructor(nodes: readonly [SwarmNode, SwarmNode, SwarmNode], lan: LabSwitch) {
    this.nodes = nodes;
    this.gateway = lan.gateway;
    this.#lan = lan;
  }

  /** Starts the engines and joins them; resolves when all nodes are Ready. */
  static async create({ managers, images = false, parentDir }: SwarmOptions): Promise<LabSwarm> {
    const lan = await LabSwitch.create(SIZE);
    const started = await Promise.allSettled(
      Array.from({ length: SIZE }, (_, index) => startNode(index + 1, lan, parentDir)),
    );
    const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    try {
      const failure = started.find((result) => result.status === 'rejected');
      if (failure) throw failure.reason;
      const [first, second, third] = nodes;
      if (!first || !second || !third) throw new Error('a node is missing');
      const swarm = new LabSwarm([first, second, third], lan);
      const seeded = images ? seedImages([first.engine, second.engine, third.engine]) : undefined;
      await Promise.all([swarm.#form(managers), seeded]);
      return swarm;
    } catch (error) {
      await closeAll(nodes, lan);
      throw error;
    }
  }

  /**
   * Resolves once the manager `seenBy`, the first node by default, lists the node with this status. A Ready manager must
   * also be reachable. Fails after 100 seconds: a Swarm needs 15 to notice.
   */
  async untilStatus(
    node: SwarmNode,
    status: 'Ready' | 'Down',
    seenBy: SwarmNode = this.nodes[0],
  ): Promise<void> {
    const list = ['node', 'ls', '--format', '{{.ID}} {{.Status}} {{.ManagerStatus}}'];
    const deadline = Date.now() + STATUS_WITHIN_MS;
    for (;;) {
      // Managers do not answer during an election.
      const { stdout, stderr } = await seenBy.engine.docker(list, { allowFailure: true });
      const line = stdout.split('\n').find((text) => text.startsWith(`${node.id} ${status}`));
      if (line && !(status === 'Ready' && line.endsWith(' Unreachable'))) return;
      if (Date.now() > deadline) throw new Error(`${node.name} is not ${status}:\n${stdout}${stderr}`);
      await delay(100);
    }
  }

  /** Ends the engines and their network, and deletes their data. Safe to call twice. */
  close(): Promise<void> {
    return closeAll(this.nodes, this.#lan);
  }

  async #form(managers: 1 | 3): Promise<void> {
    const [first, ...others] = this.nodes;
    await first.initSwarm();
    // In sequence: two managers that join at the same time may each find the other without a quorum.
    for (const node of others) await node.joinSwarm(first, managers === SIZE ? 'manager' : 'worker');
    await Promise.all(this.nodes.map((node) => this.untilStatus(node, 'Ready')));
  }
}

async function startNode(number: number, lan: LabSwitch, parentDir: string | undefined): Promise<SwarmNode> {
  const hostName = `node${number}`;
  const engine = await LabEngine.create({
    hostName,
    layWire: lan.port(number),
    ...(parentDir && { parentDir }),
  });
  return new SwarmNode(engine, number, lan);
}

async function closeAll(nodes: readonly SwarmNode[], lan: LabSwitch): Promise<void> {
  await Promise.all(nodes.map((node) => node.engine.close()));
  await lan.close();
}
