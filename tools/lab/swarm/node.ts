import type { LabEngine } from '../engine.js';
import type { LabSwitch } from './switch.js';

/** A Swarm's own traffic: its managers' API and its gossip. Overlay networks would be UDP 4789. */
const CONTROL = ['-p tcp -m multiport --ports 2377,7946', '-p udp -m multiport --ports 7946'];
const allow = (match: string) => `-A PEERS ${match} -j RETURN`;

/** One engine of a lab's Swarm, with its faults. */
export class SwarmNode {
  readonly engine: LabEngine;
  /** 1, 2, 3. */
  readonly number: number;
  /** Host name, and the node's name in the Swarm. */
  readonly name: string;
  readonly #lan: LabSwitch;
  #id = '';

  constructor(engine: LabEngine, number: number, lan: LabSwitch) {
    this.engine = engine;
    this.number = number;
    this.name = `node${number}`;
    this.#lan = lan;
  }

  /** The node's id in the Swarm. */
  get id(): string {
    return this.#id;
  }

  /** Its address for other nodes. */
  get address(): string {
    return this.engine.address;
  }

  /** Runs the docker client against the node's engine, and resolves with what it prints, trimmed. */
  async docker(...args: readonly string[]): Promise<string> {
    return (await this.engine.docker(args)).stdout.trim();
  }

  /** Id of the service's running container on this node. */
  containerOf(service: string): Promise<string> {
    return this.docker('ps', '-q', '--filter', `label=com.docker.swarm.service.name=${service}`);
  }

  /** Creates a Swarm of this node alone. */
  async initSwarm(): Promise<void> {
    await this.docker('swarm', 'init', '--advertise-addr', this.address);
    await this.#learnId();
  }

  /** Joins the Swarm of another node. */
  async joinSwarm(manager: SwarmNode, role: 'manager' | 'worker'): Promise<void> {
    const token = await manager.docker('swarm', 'join-token', '-q', role);
    const own = ['--advertise-addr', this.address, '--token', token];
    await this.docker('swarm', 'join', ...own, `${manager.address}:2377`);
    await this.#learnId();
  }

  /** Disconnects the node silently: no resets, peers time out. */
  cut(): Promise<void> {
    return this.#lan.cut(this.number);
  }

  /** Undoes {@link cut}. */
  mend(): Promise<void> {
    return this.#lan.mend(this.number);
  }

  /**
   * From now on the node and its containers reach us, but other nodes only for the Swarm's own traffic; overlay networks
   * are blocked. Idempotent.
   */
  isolateFromPeers(): Promise<void> {
    const { address } = this;
    const lan = `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
    return this.#filter([
      `-A PREROUTING -s ${lan} -j PEERS`,
      `-A POSTROUTING -d ${lan} -j PEERS`,
      ...[`-s ${this.engine.gateway}`, `-d ${this.engine.gateway}`, `-s ${address} -d ${address}`].map(allow),
      ...CONTROL.map(allow),
      '-A PEERS -j DROP',
    ]);
  }

  /** Undoes {@link isolateFromPeers}. */
  rejoinPeers(): Promise<void> {
    return this.#filter([]);
  }

  /** Replaces all rules of a table that the engine does not use, atomically. */
  async #filter(rules: readonly string[]): Promise<void> {
    const input = ['*mangle', ':PEERS - [0:0]', ...rules, 'COMMIT', ''].join('\n');
    await this.engine.runInside('iptables-restore', ['--table=mangle'], { input });
  }

  async #learnId(): Promise<void> {
    this.#id = await this.docker('info', '-f', '{{.Swarm.NodeID}}');
  }
}
