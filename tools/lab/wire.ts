import { runCommand } from './run-command.js';

/** A pod's network connection. */
export interface Wire {
  /** Address of the pod itself. */
  readonly address: string;
  /** Address at which the pod and its containers reach our servers. */
  readonly gateway: string;
  /** Removes what outlives the pod. */
  remove(): Promise<void>;
}

/** Lays a wire to the network namespace of the process `pid`. */
export type LayWire = (pid: number) => Promise<Wire>;

/** A network 10.77.`index`.0/24, in which our device has the address .254. */
export interface Network {
  readonly index: number;
  readonly device: string;
  /** Removes our end. */
  remove(): Promise<void>;
}

const MAX_NETWORKS = 250;

/** A network of the pod and us only. */
export async function wireToUs(pid: number): Promise<Wire> {
  const { index, remove } = await takeNetwork(pid);
  const [address, gateway] = [`10.77.${index}.1`, `10.77.${index}.254`];
  await addAddress(pid, address, gateway);
  return { address, gateway, remove };
}

/**
 * Lays a wire between us, 10.77.`index`.254, and the `eth0` of a namespace, which has no address yet.
 * The kernel refuses an existing device name, which reserves the index for us.
 */
export async function takeNetwork(pid: number): Promise<Network> {
  for (let index = 1; index <= MAX_NETWORKS; index += 1) {
    const device = `fairlead${index}`;
    const wire = ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${pid}`];
    const added = await runCommand('ip', wire, { allowFailure: true });
    if (added.stderr.includes('File exists')) continue;
    if (added.code !== 0) throw new Error(`ip ${wire.join(' ')}: ${added.stderr}`);
    await runCommand('ip', ['addr', 'add', `10.77.${index}.254/24`, 'dev', device]);
    await runCommand('ip', ['link', 'set', device, 'up']);
    // The kernel removes the wire with the namespace, but later: until then its index would stay in use.
    const remove = async () => void (await runCommand('ip', ['link', 'del', device], { allowFailure: true }));
    return { index, device, remove };
  }
  throw new Error(`all ${MAX_NETWORKS} lab networks are in use`);
}

/** Sets the address of a namespace's `eth0`, and the route to other labs. */
export async function addAddress(pid: number, address: string, gateway: string): Promise<void> {
  await runIn(pid, 'ip', 'link', 'set', 'lo', 'up');
  await runIn(pid, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  await runIn(pid, 'ip', 'link', 'set', 'eth0', 'up');
  // No default route: an image pull fails immediately instead of after a timeout.
  await runIn(pid, 'ip', 'route', 'add', '10.77.0.0/16', 'via', gateway);
}

/** Runs a program in the network namespace of the process `pid`. */
export async function runIn(pid: number, program: string, ...args: readonly string[]): Promise<void> {
  await runCommand('nsenter', ['--target', `${pid}`, '--net', '--', program, ...args]);
}
