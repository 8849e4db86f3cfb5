import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LAB_ROOT } from './namespace.js';
import { Pod } from './pod.js';
import { removeCgroups } from './remove-cgroups.js';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';
import type { LayWire } from './wire.js';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 30_000;
const DIR_PREFIX = 'fairlead-lab-';

export interface EngineOptions {
  /** Parent of the engine's own folder. Default: `FAIRLEAD_LAB_DIR`, else `/var/tmp`. */
  readonly parentDir?: string;
  /** Default: `lab`. */
  readonly hostName?: string;
  /** More arguments of dockerd, such as `--live-restore`. */
  readonly args?: readonly string[];
  /**
   * Files with another content for the engine than the machine's, by path. They must exist, except in
   * `/etc/docker`, where each engine has its own folder.
   */
  readonly files?: Readonly<Record<string, string>>;
  /** How it is connected. Default: a network of the engine and us only. */
  readonly layWire?: LayWire;
}

/**
 * A private Docker Engine: own data, own containerd, own network, own process ids. Inside its mount namespace
 * `/var/run/docker.sock` is this engine, so that a command that bind-mounts it works unchanged.
 */
export class LabEngine {
  /** The engine's socket, outside of the namespace. */
  readonly socketPath: string;
  /** Address at which its containers reach our servers on `0.0.0.0`. */
  readonly gateway: string;
  /** Address of its containers' published ports. */
  readonly address: string;
  /** Variables for a `docker` process to use this engine. */
  readonly clientEnv: Readonly<Record<string, string>>;
  readonly #dir: string;
  readonly #pod: Pod;
  readonly #args: readonly string[];
  #dockerd: ChildProcess | undefined;

  private constructor(dir: string, pod: Pod, args: readonly string[]) {
    this.#dir = dir;
    this.#args = args;
    this.#pod = pod;
    this.socketPath = join(dir, 'docker.sock');
    this.gateway = pod.gateway;
    this.address = pod.address;
    this.clientEnv = { DOCKER_HOST: `unix://${this.socketPath}`, DOCKER_CONFIG: join(dir, 'client') };
  }

  /** Creates the namespaces and starts the engine; resolves when it answers. */
  static async create(options: EngineOptions = {}): Promise<LabEngine> {
    const parent = options.parentDir ?? process.env.FAIRLEAD_LAB_DIR ?? LAB_ROOT;
    // Not the system's temp folder: that may be a tmpfs, and images are large.
    const dir = await mkdtemp(join(parent, `${DIR_PREFIX}${process.pid}-`));
    let pod: Pod | undefined;
    try {
      // Root of a remapped user namespace needs access.
      await chmod(dir, 0o711);
      await mkdir(join(dir, 'client'));
      await writeFile(join(dir, 'daemon.json'), '{}');
      pod = await Pod.create(options.hostName ?? 'lab', options.layWire);
      for (const [path, content] of Object.entries(options.files ?? {})) {
        const own = join(dir, basename(path));
        await writeFile(own, content);
        const bind = '[ -e "$2" ] || : > "$2"; exec mount --bind "$1" "$2"';
        await pod.run('sh', ['-c', bind, 'sh', own, path]);
      }
      const engine = new LabEngine(dir, pod, options.args ?? []);
      await engine.start();
      return engine;
    } catch (error) {
      await pod?.close();
      await removeEngineDir(dir);
      throw error;
    }
  }

  /** Starts the engine after {@link stop} or {@link kill}; no effect while it runs. */
  async start(): Promise<void> {
    if (this.#dockerd) return;
    const log = await open(join(this.#dir, 'dockerd.log'), 'a');
    const dockerd = this.#pod.spawn('dockerd', this.#arguments(), log.fd);
    await log.close();
    this.#dockerd = dockerd;
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await answersPing(this.socketPath))) {
      if (dockerd.exitCode !== null || Date.now() > deadline) {
        const said = await readFile(join(this.#dir, 'dockerd.log'), 'utf8');
        throw new Error(`dockerd did not start:\n${said.split('\n').slice(-15).join('\n')}`);
      }
      await delay(50);
    }
  }

  /** Stops the engine gracefully: containers get their stop signal. Safe to call twice. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Simulates a crash. Its containers run on until the next start, as on any machine. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Runs the real docker client against this engine, with its own client configuration. */
  docker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand('docker', args, {
      ...options,
      env: { ...process.env, ...this.clientEnv, ...options.env },
    });
  }

  /** Runs a program in the engine's namespaces, to its end. */
  runInside(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return this.#pod.run(program, args, options);
  }

  /** Ends the engine, its containers and its network, and deletes its data. Safe to call twice. */
  async close(): Promise<void> {
    this.#dockerd = undefined;
    await this.#pod.close();
    await removeEngineDir(this.#dir);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const dockerd = this.#dockerd;
    if (!dockerd) return;
    this.#dockerd = undefined;
    if (dockerd.exitCode !== null || dockerd.signalCode !== null) return;
    const exited = once(dockerd, 'exit', { signal: AbortSignal.timeout(STOPPED_WITHIN_MS) });
    await this.#pod.signal(dockerd, signal);
    await exited;
    // A killed engine leaves its pid file and sockets; the next one would refuse to start over them.
    await runCommand('rm', ['-f', this.socketPath]);
  }

  #arguments(): string[] {
    return [
      ...['--config-file', join(this.#dir, 'daemon.json')],
      ...['--data-root', join(this.#dir, 'data')],
      ...['--exec-root', '/run/docker', '--pidfile', '/run/docker.pid'],
      ...['-H', 'unix:///run/docker.sock', '-H', `unix://${this.socketPath}`],
      ...['--cgroup-parent', `/${basename(this.#dir)}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
      ...this.#args,
    ];
  }
}

async function removeEngineDir(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  await removeCgroups(basename(dir));
}

/** Whether an engine answers on this unix socket within a second. */
export function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
