import { isDeepStrictEqual } from 'node:util';
import type { SwarmReport } from '../../../protocol/messages/agent-calls.js';
import type { Problem } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { NextRun } from '../../../protocol/time/next-run.js';
import type { Logger } from '../log.js';
import type { Engine } from './engine.js';
import type { EngineFacts } from './engine-facts.js';
import { swarmReport } from './swarm-report.js';

export interface EngineWatchOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The engine went down, answers again, or is down for another reason. */
  readonly onState: () => void;
  /** The engine answers again, or is another one: the last report is outdated. */
  readonly onEngine: () => void;
  /** Its place in the Swarm changed: role, node or Swarm. */
  readonly onNode: () => void;
  /** After each evaluation; null if it is not a manager, or does not answer. */
  readonly onReport: (report: SwarmReport | null) => void;
}

/** Interval of evaluations, ms: a change in a Swarm must be known within 10 s. */
const WATCH_MS = 5_000;

/** Watches the engine: whether it answers, and its place in the Swarm. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  #state: 'up' | 'down' | 'unknown' = 'unknown';
  #problem: string | null = null;
  #facts: EngineFacts | null = null;
  readonly #evaluations = new NextRun(() => this.#run());
  #isFirstEvaluation = true;
  #cancel: (() => void) | null = null;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  get state(): 'up' | 'down' | 'unknown' {
    return this.#state;
  }

  /** Stable code of why the engine cannot be used, such as `engine-permission`; null if it can. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Facts of the last evaluation; null before the engine answered for the first time. */
  get facts(): EngineFacts | null {
    return this.#facts;
  }

  /** Resolves after the first evaluation. */
  async start(): Promise<void> {
    this.#cancel ??= this.#options.clock.every(WATCH_MS, () => {
      if (!this.#evaluations.isRunning) void this.evaluate();
    });
    await this.evaluate();
  }

  /** Resolves after an evaluation of the engine that started after this call. */
  evaluate(): Promise<void> {
    return this.#evaluations.run();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #run(): Promise<void> {
    try {
      const { engine, onReport } = this.#options;
      // Ping twice, as a busy machine may miss one: a leader whose engine is down loses the lease.
      const failure = (await engine.ping()) && (await engine.ping());
      this.#noteState(failure ? 'down' : 'up', failure);
      const facts = this.#state === 'up' ? await engine.info() : null;
      if (facts) this.#noteFacts(facts);
      onReport(facts && (await swarmReport(engine, facts)));
    } finally {
      this.#isFirstEvaluation = false;
    }
  }

  #noteState(state: 'up' | 'down', failure: Problem | null): void {
    const problem = failure?.code ?? null;
    if (state === this.#state && problem === this.#problem) return;
    const { logger, onState, onEngine } = this.#options;
    if (failure) logger.warn({ err: failure }, 'the Docker Engine cannot be used');
    else logger.info({}, 'the Docker Engine answers');
    const isFirst = this.#state === 'unknown';
    this.#state = state;
    this.#problem = problem;
    if (isFirst) return;
    onState();
    if (state === 'up') onEngine();
  }

  #noteFacts(reported: EngineFacts): void {
    const before = this.#facts;
    // In transition the last place holds.
    if (before && !reported.isPlaceKnown) return;
    const facts = withSwarmId(reported, before);
    this.#facts = facts;
    if (before && before.engineId !== facts.engineId) this.#options.onEngine();
    // The hub does not know a place from before the engine's first answer, or from a transition.
    if (before?.isPlaceKnown ? isDeepStrictEqual(before.node, facts.node) : this.#isFirstEvaluation) return;
    const { logger, onNode } = this.#options;
    logger.info(
      { role: facts.node?.role ?? 'none', node: facts.node?.nodeId ?? null },
      'place in the Swarm changed',
    );
    onNode();
  }
}

/** Managers without a quorum, and workers, do not know their Swarm's id; a node never changes its Swarm. */
function withSwarmId(reported: EngineFacts, before: EngineFacts | null): EngineFacts {
  const { node } = reported;
  if (node?.swarmId !== '' || before?.node?.nodeId !== node.nodeId) return reported;
  return { ...reported, node: { ...node, swarmId: before.node.swarmId } };
}
