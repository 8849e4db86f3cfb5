import { readChunks } from '../../api/read-chunks.js';
import type { LiveEngine } from '../../engine/source.js';
import { toError } from '../../format/error.js';
import type { Subject } from '../subject.js';
import type { LogLine } from './decoder.js';
import { openLog } from './open-log.js';
import { LogResume } from './resume.js';
import { WorkBudget } from './work-budget.js';

/** State of a log: `over` until its container starts again, or its service changes. */
export type LogState =
  | { readonly phase: 'opening' | 'live' | 'over' }
  | { readonly phase: 'broken'; readonly message: string };

export interface LogFollowerOptions {
  readonly subject: Subject;
  /** Number of last lines to start with, or `all`. */
  readonly tail: string;
  /** Receives new lines, and `rest`: unfinished ones. Reading continues when it resolves. */
  readonly append: (lines: readonly LogLine[], rest: readonly LogLine[]) => Promise<void>;
  readonly onState: (state: LogState) => void;
}

/** Events after which an ended log continues. Tasks have none, and run once. */
const RESUME_EVENTS = new Set(['container start', 'service update']);

/**
 * Follows a log through restarts, each line once. The engine buffers unread lines, so slow readers miss nothing. Call
 * `start()` again after `broken`.
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
      if (type !== subject.kind || id !== subject.id || !RESUME_EVENTS.has(`${type} ${action}`)) return;
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
      if (!signal.aborted) onState({ phase: 'broken', message: toError(error).message });
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
