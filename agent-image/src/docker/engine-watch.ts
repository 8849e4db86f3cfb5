import { isDeepStrictEqual } from 'node:util';
import type { SwarmReport } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import type { EdgeError } from '../../../protocol/edge-error.js';
import { NextRun } from '../../../protocol/next-run.js';
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
  /** The engine answers again, or is another one: what was reported of it is no longer true. */
  readonly onEngine: () => void;
  /** It has another place in the Swarm than was known before: role, node, Swarm. */
  readonly onNode: () => void;
  /** After each look; null where it is no manager, or does not say. */
  readonly onReport: (report: SwarmReport | null) => void;
}

/** How often the engine is looked at, ms: what happens in a Swarm is to be known within 10 s. */
const WATCH_MS = 5_000;

/** Looks after the engine: whether it answers, and what it is in its Swarm. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  #state: 'up' | 'down' | 'unknown' = 'unknown';
  #problem: string | null = null;
  #facts: EngineFacts | null = null;
  readonly #looks = new NextRun(() => this.#run());
  #isFirstLook = true;
  #cancel: (() => void) | null = null;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  get state(): 'up' | 'down' | 'unknown' {
    return this.#state;
  }

  /** Stable code of why the engine cannot be used, such as `engine-permission`; null where it can. */
  get problem(): string | null {
    return this.#problem;
  }

  /** As the last look found it; null before the engine answered for the first time. */
  get facts(): EngineFacts | null {
    return this.#facts;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    this.#cancel ??= this.#options.clock.every(WATCH_MS, () => {
      if (!this.#looks.isRunning) void this.evaluate();
    });
    await this.evaluate();
  }

  /** Resolves after a look at the engine that began after this call. */
  evaluate(): Promise<void> {
    return this.#looks.run();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #run(): Promise<void> {
    try {
      const { engine, onReport } = this.#options;
      // Once more, for a busy machine's sake: a leader whose engine is down is leader no more.
      const failure = (await engine.ping()) && (await engine.ping());
      this.#noteState(failure ? 'down' : 'up', failure);
      const facts = this.#state === 'up' ? await engine.info() : null;
      if (facts) this.#noteFacts(facts);
      onReport(facts && (await swarmReport(engine, facts)));
    } finally {
      this.#isFirstLook = false;
    }
  }

  #noteState(state: 'up' | 'down', failure: EdgeError | null): void {
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

  #noteFacts(said: EngineFacts): void {
    const before = this.#facts;
    // Between two places the last one holds.
    if (before && !said.isPlaceKnown) return;
    const facts = withSwarmId(said, before);
    this.#facts = facts;
    if (before && before.engineId !== facts.engineId) this.#options.onEngine();
    // Before the engine first answered, and while it was between two places, the hub could not be given its place.
    if (before?.isPlaceKnown ? isDeepStrictEqual(before.node, facts.node) : this.#isFirstLook) return;
    const { logger, onNode } = this.#options;
    logger.info(
      { role: facts.node?.role ?? 'none', node: facts.node?.nodeId ?? null },
      'place in the Swarm changed',
    );
    onNode();
  }
}

/** Managers without a quorum, and workers, do not know which Swarm theirs is; a node is of one as long as it lives. */
function withSwarmId(said: EngineFacts, before: EngineFacts | null): EngineFacts {
  const { node } = said;
  if (node?.swarmId !== '' || before?.node?.nodeId !== node.nodeId) return said;
  return { ...said, node: { ...node, swarmId: before.node.swarmId } };
}
