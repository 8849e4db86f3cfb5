import { Pod } from './pod.js';
import { runCommand } from './run-command.js';
import { addAddress, type LayWire, runIn, takeNetwork } from './wire.js';

/** States of a bridge's port, as `bridge link` counts them. */
const [DISABLED, FORWARDING] = ['0', '3'];
/** The last part of our own address, as of everybody's Ethernet address. */
const OURS = 254;

/**
 * An Ethernet switch with us on one port and pods on the others. It lives in a namespace of its own, so that what
 * pods send each other passes no firewall of this machine.
 */
export class LabSwitch {
  /** Where pods and their containers reach a server of ours that listens on all addresses. */
  readonly gateway: string;
  readonly #pod: Pod;
  readonly #ports: readonly number[];
  readonly #device: string;

  private constructor(pod: Pod, device: string, ports: number) {
    this.#pod = pod;
    this.#device = device;
    this.#ports = Array.from({ length: ports }, (_, index) => index + 1);
    this.gateway = pod.gateway;
  }

  /** Makes one with so many ports for pods, at most 253. */
  static async create(ports: number): Promise<LabSwitch> {
    let device = '';
    const pod = await Pod.create('switch', async (pid) => {
      const network = await takeNetwork(pid);
      device = network.device;
      await runCommand('ip', ['link', 'set', device, 'address', ethernetAddress(OURS)]);
      await runIn(pid, 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
      await runIn(pid, 'ip', 'link', 'set', 'eth0', 'master', 'bridge', 'up');
      await runIn(pid, 'ip', 'link', 'set', 'bridge', 'up');
      return { address: '', gateway: `10.77.${network.index}.${OURS}`, remove: () => network.remove() };
    });
    return new LabSwitch(pod, device, ports);
  }

  /** What joins a pod to a port. Ports count from 1: the last part of the pod's address, too. */
  port(number: number): LayWire {
    return async (pid) => {
      const [port, address] = [portDevice(number), this.#address(number)];
      const end = ['name', 'eth0', 'address', ethernetAddress(number), 'netns', `${pid}`];
      await this.#run('ip', 'link', 'add', port, 'type', 'veth', 'peer', ...end);
      await this.#run('ip', 'link', 'set', port, 'master', 'bridge', 'up');
      await addAddress(pid, address, this.gateway);
      // Everybody knows everybody: otherwise one who asks in vain for an Ethernet address says "no route to host".
      await runCommand('ip', neighbour(address, number, this.#device));
      for (const other of [OURS, ...this.#ports]) {
        if (other !== number) await runIn(pid, 'ip', ...neighbour(this.#address(other), other, 'eth0'));
      }
      return { address, gateway: this.gateway, remove: async () => {} };
    };
  }

  /** From now on nothing passes the port, and nobody is told: to both sides it is silence. Again: nothing changes. */
  cut(number: number): Promise<void> {
    return this.#run('bridge', 'link', 'set', 'dev', portDevice(number), 'state', DISABLED);
  }

  /** Undoes {@link cut}. */
  mend(number: number): Promise<void> {
    return this.#run('bridge', 'link', 'set', 'dev', portDevice(number), 'state', FORWARDING);
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    return this.#pod.close();
  }

  #address(number: number): string {
    return `${this.gateway.slice(0, this.gateway.lastIndexOf('.'))}.${number}`;
  }

  #run(program: string, ...args: readonly string[]): Promise<void> {
    return runIn(this.#pod.pid, program, ...args);
  }
}

function portDevice(number: number): string {
  return `port${number}`;
}

/** A locally administered one. */
function ethernetAddress(number: number): string {
  return `02:77:00:00:00:${number.toString(16).padStart(2, '0')}`;
}

function neighbour(address: string, number: number, device: string): string[] {
  const entry = [address, 'lladdr', ethernetAddress(number), 'nud', 'permanent', 'dev', device];
  return ['neigh', 'replace', ...entry];
}
