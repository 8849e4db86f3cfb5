import { readChunks } from '../read-chunks.js';
import { WorkBudget } from '../work-budget.js';
import type { LiveEngine } from './engine-source.js';
import type { LogLine } from './log-decoder.js';
import { LogResume } from './log-resume.js';
import { openLog } from './open-log.js';
import type { Subject } from './subject.js';

/** How a log stands: `over` until its container starts again, or its service changes. */
export type LogState =
  | { readonly phase: 'opening' | 'live' | 'over' }
  | { readonly phase: 'broken'; readonly message: string };

export interface LogFollowerOptions {
  readonly subject: Subject;
  /** How many of the last lines to begin with: a number, or `all`. */
  readonly tail: string;
  /** Gets new lines, and `rest`: those without an end. Nothing more is read before it resolves. */
  readonly append: (lines: readonly LogLine[], rest: readonly LogLine[]) => Promise<void>;
  readonly onState: (state: LogState) => void;
}

/** Events behind which a log that has ended goes on. Tasks have none, and run once. */
const GOES_ON = new Set(['container start', 'service update']);

/**
 * Reads a log as it grows, through restarts, each line once. The engine keeps what is not read yet, so that
 * who reads slowly misses nothing. `start()` again after it was `broken`.
 */
export class LogFollower {
  readonly #live: LiveEngine;
  readonly #options: LogFollowerOptions;
  readonly #resume = new LogResume();
  #work = new AbortController();
  #starts = 0;
  #onStart = () => {};
  #unsubscribe = () => {};

  constructor(live: LiveEngine, options: LogFollowerOptions) {
    this.#live = live;
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#work = new AbortController();
    this.#unsubscribe = this.#live.feed.subscribe(({ type, action, id }) => {
      const { subject } = this.#options;
      if (type !== subject.kind || id !== subject.id || !GOES_ON.has(`${type} ${action}`)) return;
      this.#starts += 1;
      this.#onStart();
    });
    void this.#run(this.#work.signal);
  }

  /** Safe to call twice. */
  stop(): void {
    this.#unsubscribe();
    this.#work.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { onState } = this.#options;
    try {
      for (;;) {
        onState({ phase: 'opening' });
        const starts = this.#starts;
        await this.#read(signal);
        onState({ phase: 'over' });
        if (this.#starts !== starts) continue;
        await new Promise<void>((resolve) => {
          this.#onStart = resolve;
        });
      }
    } catch (error) {
      if (!signal.aborted)
        onState({ phase: 'broken', message: error instanceof Error ? error.message : String(error) });
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { subject, tail, append, onState } = this.#options;
    const { since } = this.#resume;
    const { log, decoder } = await openLog(
      this.#live.engine,
      subject,
      { tail: since === null ? tail : 'all', since, isFollowed: true, hasTimes: true },
      signal,
    );
    onState({ phase: 'live' });
    const budget = new WorkBudget();
    this.#resume.again();
    for await (const chunk of readChunks(log)) {
      await append(this.#resume.sift(decoder.push(chunk)), decoder.rest());
      await budget.yieldToMain();
      signal.throwIfAborted();
    }
    await append(this.#resume.sift(decoder.rest()), []);
  }
}
