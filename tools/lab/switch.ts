import { Pod } from './pod.js';
import { addAddress, type LayWire, runIn, takeNetwork } from './wire.js';

/** States of a bridge's port, as `bridge link` counts them. */
const [DISABLED, FORWARDING] = ['0', '3'];

/**
 * An Ethernet switch with us on one port and pods on the others. It lives in a namespace of its own, so that what
 * pods send each other passes no firewall of this machine.
 */
export class LabSwitch {
  /** Where pods and their containers reach a server of ours that listens on all addresses. */
  readonly gateway: string;
  readonly #pod: Pod;
  readonly #network: string;

  private constructor(pod: Pod, gateway: string) {
    this.#pod = pod;
    this.gateway = gateway;
    this.#network = gateway.slice(0, gateway.lastIndexOf('.'));
  }

  static async create(): Promise<LabSwitch> {
    const pod = await Pod.create('switch', layTrunk);
    return new LabSwitch(pod, pod.gateway);
  }

  /** What joins a pod to the port with this number, 1 to 253: the last part of the pod's address, too. */
  port(number: number): LayWire {
    return async (pid) => {
      const device = portDevice(number);
      const address = `${this.#network}.${number}`;
      await this.#ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${pid}`);
      await this.#ip('link', 'set', device, 'master', 'bridge', 'up');
      await addAddress(pid, address, this.gateway);
      return { address, gateway: this.gateway, remove: async () => {} };
    };
  }

  /** From now on nothing passes the port, and nobody is told: to both sides it is silence. Again: nothing changes. */
  async cut(number: number): Promise<void> {
    await this.#setState(number, DISABLED);
  }

  /** Undoes {@link cut}. */
  async mend(number: number): Promise<void> {
    await this.#setState(number, FORWARDING);
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    return this.#pod.close();
  }

  #setState(number: number, state: string): Promise<void> {
    return runIn(this.#pod.pid, 'bridge', 'link', 'set', 'dev', portDevice(number), 'state', state);
  }

  #ip(...args: readonly string[]): Promise<void> {
    return runIn(this.#pod.pid, 'ip', ...args);
  }
}

const portDevice = (number: number) => `port${number}`;

const layTrunk: LayWire = async (pid) => {
  const { index, remove } = await takeNetwork(pid);
  await runIn(pid, 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
  await runIn(pid, 'ip', 'link', 'set', 'eth0', 'master', 'bridge', 'up');
  await runIn(pid, 'ip', 'link', 'set', 'bridge', 'up');
  return { address: '', gateway: `10.77.${index}.254`, remove };
};
