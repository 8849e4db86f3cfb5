import type { EnvironmentCreated } from '../../../plugin/api.js';
import { type CommandOptions, type CommandResult, runCommand } from '../../../tools/lab/run-command.js';
import { type Child, startChild } from '../child.js';
import { AGENT_IMAGE, type SharedEngine } from '../engine/lab.js';
import { type Hub, startHub } from '../hub/hub.js';
import type { Scope } from '../scope.js';

/** Names in the printed commands. */
export const CONTAINER = 'fairlead-agent';
export const VOLUME = 'fairlead-agent-data';

/** The parts of `docker inspect` that tests read. */
export interface ContainerFacts {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Pid: number;
    readonly ExitCode: number;
    /** When it last ended. */
    readonly FinishedAt: string;
    readonly Health?: { readonly Status: string; readonly Log: readonly { readonly Output: string }[] };
  };
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Env: readonly string[] };
}

/** A hub that containers of the engine reach, an environment of it, and the means to run its commands. */
export async function startContainerSetup(
  t: Scope,
  engine: SharedEngine,
  body: { name: string; edgeId?: null },
): Promise<{ hub: Hub; created: EnvironmentCreated; container: AgentContainer }> {
  const hub = await startHub(t, { env: { FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE } });
  const url = `https://${engine.gateway}:${hub.port}`;
  const created = await hub.createEnvironment({ ...body, url });
  return { hub, created, container: new AgentContainer(t, engine) };
}

/** What a test may do with the agent's container on an engine; container and volume go with the test. */
export class AgentContainer {
  readonly engine: SharedEngine;
  readonly #t: Scope;

  constructor(t: Scope, engine: SharedEngine) {
    this.engine = engine;
    this.#t = t;
    t.teardown(() => this.remove());
  }

  /** Runs a command as an operator does who pastes it on the engine's machine. */
  paste(command: string, options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand('sh', ['-c', command], { ...options, env: this.#env });
  }

  async inspect(): Promise<ContainerFacts> {
    const { stdout } = await this.engine.docker(['container', 'inspect', CONTAINER]);
    const [facts] = JSON.parse(stdout);
    return facts;
  }

  /** The same without waiting for its end, which is the test's at the latest. */
  pasteAndLeave(command: string): Child {
    return startChild(this.#t, 'sh', ['-c', command], this.#env);
  }

  /** The container's log, from its beginning, as long as it runs. */
  followLog(): Child {
    return this.#follow(['logs', '-f', CONTAINER]);
  }

  /** Resolves to the first event of the container that matches, one that was before included. */
  async untilEvent(pattern: RegExp, ms: number): Promise<string> {
    const filter = ['--filter', `container=${CONTAINER}`, '--format', '{{.Action}}'];
    const events = this.#follow(['events', '--since', '0', ...filter]);
    try {
      return await events.untilLine(pattern, ms);
    } finally {
      await events.kill();
    }
  }

  /** Resolves to its exit code once it has ended. */
  async untilEnd(): Promise<number> {
    return Number((await this.engine.docker(['wait', CONTAINER])).stdout);
  }

  /** Removes the container, and its volume unless that is to be kept. */
  async remove({ keepVolume = false } = {}): Promise<void> {
    await this.engine.docker(['rm', '-f', CONTAINER], { allowFailure: true });
    if (!keepVolume) await this.engine.docker(['volume', 'rm', '-f', VOLUME], { allowFailure: true });
  }

  get #env(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return { PATH, HOME, ...this.engine.clientEnv };
  }

  #follow(args: readonly string[]): Child {
    return startChild(this.#t, 'docker', args, this.#env);
  }
}
