import type { AgentProblemCode } from '../../protocol/problems/agent.js';
import { CheckInRecord, type CheckInState } from './health/check-in-record.js';
import type { AgentMetrics } from './health/metrics-file.js';
import { MachineMark } from './machine/clone-marks.js';
import { loadInstanceKey } from './machine/instance-key.js';
import { RunningAgent, type RunningAgentOptions } from './running-agent.js';

export type AgentOptions = Omit<RunningAgentOptions, 'instance' | 'mark' | 'checkIns'>;

const NO_TUNNEL = Object.freeze({ isOpen: false, opened: 0 });
const NOT_RUNNING = Object.freeze({
  isEngineUp: false,
  tunnels: { environment: NO_TUNNEL, node: NO_TUNNEL },
});

/** The agent: starts and stops check-ins, tunnels and the watch of the engine. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #checkIns: CheckInRecord;
  #running: RunningAgent | null = null;
  #isStopped = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#checkIns = new CheckInRecord(options.clock);
  }

  /** State of the check-ins, for the health check. */
  get state(): CheckInState {
    return this.#checkIns.state;
  }

  /** What it has done so far. */
  get metrics(): AgentMetrics {
    const { version } = this.#options;
    return { version, checkIns: this.#checkIns, ...(this.#running?.facts ?? NOT_RUNNING) };
  }

  /** Loads the instance key and starts to check in. @throws ConfigError `data-dir-damaged` */
  async start(): Promise<void> {
    const { config, logger, version } = this.#options;
    const { edgeKey, dataDir } = config;
    const instance = await loadInstanceKey(dataDir, logger);
    const mark = new MachineMark(dataDir, logger);
    await mark.load();
    if (this.#isStopped) return;
    if (config.cleartext) {
      logger.warn(
        { code: 'cleartext' satisfies AgentProblemCode },
        'the Edge key names an http:// address: anyone on the network path can read check-ins',
      );
    }
    logger.info({ hub: edgeKey.apiUrl, environment: edgeKey.environmentId, version }, 'agent started');
    this.#running = new RunningAgent({ ...this.#options, instance, mark, checkIns: this.#checkIns });
    await this.#running.start();
  }

  /** Closes the tunnels and ends the loop; safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running?.stop();
  }
}
