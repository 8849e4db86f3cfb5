import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { runCommand } from './run-command.js';

// PID 1 of the pod. bash, because it reaps orphans. Reading our pipe ties the pod to this process: when we
// end, even by SIGKILL, the pipe closes, PID 1 ends, and the kernel ends whatever else lives in the pod.
// /etc/docker: engines up to 20.10 keep their identity there, and two must not share one.
const INIT = [
  'mount -t tmpfs tmpfs /run',
  'mkdir -p /etc/docker && mount -t tmpfs tmpfs /etc/docker',
  'echo "$1" >/proc/sys/kernel/hostname',
  'echo ready && read -r _',
].join(' && ');
const MAX_LINKS = 250;

/**
 * A set of private namespaces (processes, mounts, host name, network) in which an engine lives. Closing it
 * ends every process, mount and network device in it at once: nothing is left to be tidied up by name.
 */
export class Pod {
  /** Address of the pod itself. */
  readonly address: string;
  /** Where the pod and its containers reach a server of ours that listens on all addresses. */
  readonly gateway: string;
  readonly #holder: ChildProcess;
  readonly #initPid: number;
  readonly #index: number;

  private constructor(holder: ChildProcess, initPid: number, index: number) {
    this.#holder = holder;
    this.#initPid = initPid;
    this.#index = index;
    this.address = `10.77.${index}.1`;
    this.gateway = `10.77.${index}.254`;
  }

  static async create(name: string): Promise<Pod> {
    const namespaces = ['--net', '--mount', '--uts', '--ipc', '--pid', '--mount-proc'];
    const holder = spawn(
      'unshare',
      [...namespaces, '--fork', '--kill-child', 'bash', '-c', INIT, 'pod', name],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true, // a Ctrl-C in the terminal is for us; we close the pod in our own order
      },
    );
    try {
      const first = await Promise.race([
        once(createInterface(holder.stdout), 'line').then(([line]) => `${line}`),
        text(holder.stderr),
      ]);
      if (first !== 'ready') throw new Error(`the namespaces for ${name} could not be made: ${first}`);
      const initPid = await onlyChildOf(holder);
      return new Pod(holder, initPid, await connect(initPid));
    } catch (error) {
      holder.kill('SIGKILL');
      throw error;
    }
  }

  /** Starts a program inside. The child is `nsenter`; it ends with the program's exit code. */
  spawn(program: string, args: readonly string[], output: number): ChildProcess {
    const enter = ['--target', `${this.#initPid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--'];
    return spawn('nsenter', [...enter, program, ...args], {
      stdio: ['ignore', output, output],
      detached: true,
    });
  }

  /** Sends a signal to a program that {@link Pod.spawn} started. */
  async signal(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(await onlyChildOf(child), signal);
  }

  /** Ends everything in the pod. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const gone = once(this.#holder, 'exit');
    process.kill(this.#initPid, 'SIGKILL');
    await gone;
    // The kernel removes the wire too, but some time later: until then its index would be taken.
    await runCommand('ip', ['link', 'del', `fairlead${this.#index}`], { allowFailure: true });
  }
}

async function onlyChildOf(parent: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8');
  const pid = Number.parseInt(children, 10);
  if (!(pid > 1)) throw new Error(`process ${parent.pid} has no child`);
  return pid;
}

/** Lays a wire between us and the pod. The kernel refuses a taken device name: that is how an index is ours. */
async function connect(initPid: number): Promise<number> {
  for (let index = 1; index <= MAX_LINKS; index += 1) {
    const device = `fairlead${index}`;
    const wire = ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${initPid}`];
    const added = await runCommand('ip', wire, { allowFailure: true });
    if (added.stderr.includes('File exists')) continue;
    if (added.code !== 0) throw new Error(`ip ${wire.join(' ')}: ${added.stderr}`);
    const inside = (...args: string[]) =>
      runCommand('nsenter', ['--target', `${initPid}`, '--net', '--', 'ip', ...args]);
    await runCommand('ip', ['addr', 'add', `10.77.${index}.254/24`, 'dev', device]);
    await runCommand('ip', ['link', 'set', device, 'up']);
    await inside('link', 'set', 'lo', 'up');
    await inside('addr', 'add', `10.77.${index}.1/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    // Other pods, but no default route: an image pull fails at once instead of after a timeout.
    await inside('route', 'add', '10.77.0.0/16', 'via', `10.77.${index}.254`);
    return index;
  }
  throw new Error(`all ${MAX_LINKS} lab networks are taken`);
}
