import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';
import { type LayWire, type Wire, wireToUs } from './wire.js';

// PID 1 of the pod. bash, because it reaps orphans. Reading our pipe ties the pod to this process: when we
// end, even by SIGKILL, the pipe closes, PID 1 ends, and the kernel ends whatever else lives in the pod.
// /etc/docker: engines up to 20.10 keep their identity there, and two must not share one.
const INIT = [
  'mount -t tmpfs tmpfs /run',
  'mkdir -p /etc/docker && mount -t tmpfs tmpfs /etc/docker',
  'echo "$1" >/proc/sys/kernel/hostname',
  'echo ready && read -r _',
].join(' && ');

/**
 * A set of private namespaces (processes, mounts, host name, network) for an engine. Closing it
 * ends every process, mount and network device in it: no cleanup by name is needed.
 */
export class Pod {
  /** Address of the pod itself. */
  readonly address: string;
  /** Address at which the pod and its containers reach our servers. */
  readonly gateway: string;
  /** Pid of its first process, in our namespace. */
  readonly pid: number;
  readonly #holder: ChildProcess;
  readonly #wire: Wire;

  private constructor(holder: ChildProcess, pid: number, wire: Wire) {
    this.#holder = holder;
    this.#wire = wire;
    this.pid = pid;
    this.address = wire.address;
    this.gateway = wire.gateway;
  }

  /** Creates the namespaces; `name` is their host name, and `layWire` connects them. */
  static async create(name: string, layWire: LayWire = wireToUs): Promise<Pod> {
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
      return new Pod(holder, initPid, await layWire(initPid));
    } catch (error) {
      holder.kill('SIGKILL');
      throw error;
    }
  }

  /** Starts a program inside. The child is `nsenter`; it ends with the program's exit code. */
  spawn(program: string, args: readonly string[], output: number): ChildProcess {
    return spawn('nsenter', [...this.#enter, program, ...args], {
      stdio: ['ignore', output, output],
      detached: true,
    });
  }

  /** Runs a program inside to its end. */
  run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand('nsenter', [...this.#enter, program, ...args], options);
  }

  /** Sends a signal to a program that {@link Pod.spawn} started. */
  async signal(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(await onlyChildOf(child), signal);
  }

  /** Ends everything in the pod. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exited = once(this.#holder, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await exited;
    await this.#wire.remove();
  }

  get #enter(): string[] {
    return ['--target', `${this.pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--'];
  }
}

async function onlyChildOf(parent: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8');
  const pid = Number.parseInt(children, 10);
  if (!(pid > 1)) throw new Error(`process ${parent.pid} has no child`);
  return pid;
}
