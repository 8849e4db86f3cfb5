import { Pod } from '../pod.js';
import { runCommand } from '../run-command.js';
import { addAddress, type LayWire, runIn, takeNetwork } from '../wire.js';

/** States of a bridge's port, as `bridge link` counts them. */
const [DISABLED, FORWARDING] = ['0', '3'];
/** Last part of our own IP and Ethernet addresses. */
const OURS = 254;

/**
 * An Ethernet switch with us on one port and pods on the others. It has its own namespace, so that traffic between pods
 * does not pass this machine's firewall.
 */
export class LabSwitch {
  /** Address at which pods and their containers reach our servers. */
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

  /** Creates a switch with this many ports for pods, at most 253. */
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

  /** Connects a pod to a port. Ports count from 1, which is also the last part of the pod's address. */
  port(number: number): LayWire {
    return async (pid) => {
      const [port, address] = [portDevice(number), this.#address(number)];
      const end = ['name', 'eth0', 'address', ethernetAddress(number), 'netns', `${pid}`];
      await this.#run('ip', 'link', 'add', port, 'type', 'veth', 'peer', ...end);
      await this.#run('ip', 'link', 'set', port, 'master', 'bridge', 'up');
      await addAddress(pid, address, this.gateway);
      // Static neighbours: otherwise an unanswered ARP request causes "no route to host".
      await runCommand('ip', neighbour(address, number, this.#device));
      for (const other of [OURS, ...this.#ports]) {
        if (other !== number) await runIn(pid, 'ip', ...neighbour(this.#address(other), other, 'eth0'));
      }
      return { address, gateway: this.gateway, remove: async () => {} };
    };
  }

  /** Blocks the port silently for both sides. Idempotent. */
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
