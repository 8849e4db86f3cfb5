import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answersPing } from './engine.js';
import { LAB_ROOT } from './namespace.js';
import { Pod } from './pod.js';
import { removeCgroups } from './remove-cgroups.js';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';

const READY_WITHIN_MS = 60_000;

/**
 * A private Podman as root, with its Docker-compatible API: own data, network and process ids. Inside, the API is also at
 * `/run/podman/podman.sock`, where a system's Podman has it, so that a command that bind-mounts it works unchanged.
 */
export class PodmanEngine {
  /** The API's socket, outside of the namespace. */
  readonly socketPath: string;
  /** Address at which its containers reach our servers on `0.0.0.0`. */
  readonly gateway: string;
  readonly #dir: string;
  readonly #pod: Pod;

  private constructor(dir: string, pod: Pod) {
    this.#dir = dir;
    this.#pod = pod;
    this.socketPath = join(dir, 'podman.sock');
    this.gateway = pod.gateway;
  }

  /** Creates the namespaces and starts the API; resolves when it answers. */
  static async create(): Promise<PodmanEngine> {
    const dir = await mkdtemp(join(process.env.FAIRLEAD_LAB_DIR ?? LAB_ROOT, `fairlead-lab-${process.pid}-`));
    const storage = `driver = "overlay"\ngraphroot = "${dir}/data"\nrunroot = "/run/podman-root"\n`;
    await writeFile(join(dir, 'storage.conf'), `[storage]\n${storage}`);
    // The lab has no systemd, which Podman would use for control groups and events.
    const group = `/${basename(dir)}`;
    const settings = 'cgroup_manager = "cgroupfs"\nevents_logger = "file"\ntmp_dir = "/run/podman-tmp"\n';
    await writeFile(
      join(dir, 'containers.conf'),
      `[containers]\ncgroup_parent = "${group}"\n[engine]\n${settings}`,
    );
    const pod = await Pod.create('podman');
    const engine = new PodmanEngine(dir, pod);
    try {
      await engine.#start();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** Runs the real docker client against the API. */
  docker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const env = { ...process.env, DOCKER_HOST: `unix://${this.socketPath}`, ...options.env };
    return runCommand('docker', args, { ...options, env });
  }

  /** Runs a shell command inside, as if pasted by an operator. Resolves with its output. */
  async paste(command: string): Promise<string> {
    const file = join(this.#dir, 'pasted.log');
    const child = await this.#spawn(command, file);
    const [code] = await once(child, 'exit');
    const output = await readFile(file, 'utf8');
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${output}`);
    return output;
  }

  /** Ends everything inside, and deletes its data. Safe to call twice. */
  async close(): Promise<void> {
    await this.#pod.close();
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 });
    await removeCgroups(basename(this.#dir));
    // Podman's monitors have their own group, whatever their containers' group is.
    await removeCgroups('libpod_parent');
  }

  async #start(): Promise<void> {
    const link = `mkdir -p /run/podman && ln -s ${this.socketPath} /run/podman/podman.sock`;
    const log = join(this.#dir, 'podman.log');
    const service = `exec podman system service --time 0 unix://${this.socketPath}`;
    const child = await this.#spawn(`${link} && ${service}`, log);
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await answersPing(this.socketPath))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`podman did not start:\n${await readFile(log, 'utf8')}`);
      }
      await delay(50);
    }
  }

  async #spawn(command: string, outputFile: string): Promise<ChildProcess> {
    const output = await open(outputFile, 'w');
    // TMPDIR: Podman 4.3 leaves the archives of `docker load` there.
    const names = ['CONTAINERS_CONF=containers.conf', 'CONTAINERS_STORAGE_CONF=storage.conf', 'TMPDIR='];
    const variables = names.map((variable) => variable.replace('=', `=${this.#dir}/`));
    const child = this.#pod.spawn('env', [...variables, 'sh', '-c', command], output.fd);
    await output.close();
    return child;
  }
}
