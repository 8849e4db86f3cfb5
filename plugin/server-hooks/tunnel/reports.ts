import type { ClientHttp2Stream } from 'node:http2';
import type { Clock } from '../../../protocol/time/clock.js';
import { NextRun } from '../../../protocol/time/next-run.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { onAbort } from '../model/on-abort.js';
import type { ResetBudget } from './streams/reset-budget.js';

export interface TunnelReportsOptions {
  readonly clock: Clock;
  readonly resets: ResetBudget;
  /** Of the tunnel. */
  readonly closed: AbortSignal;
  /** Sends the request; null if the session accepts no more streams. */
  readonly ask: () => ClientHttp2Stream | null;
}

/** Minimum time between the starts of two requests, ms: repeated calls put no extra load on the agent's engine. */
const GAP_MS = 250;

/** Asks one tunnel's agent for reports, one question at a time. */
export class TunnelReports {
  readonly #options: TunnelReportsOptions;
  readonly #questions = new NextRun(() => this.#question());
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: TunnelReportsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a question that starts after this call is answered, refused or 7 s old, or the tunnel has ended.
   * Never rejects. All who ask during a question share the next.
   */
  report(): Promise<void> {
    return this.#questions.run();
  }

  async #question(): Promise<void> {
    const { clock } = this.#options;
    const pauseMs = this.#notBeforeMs - clock.monotonic();
    if (pauseMs > 0) await this.#pause(pauseMs);
    this.#notBeforeMs = clock.monotonic() + GAP_MS;
    await this.#answer();
  }

  #pause(ms: number): Promise<void> {
    const { clock, closed } = this.#options;
    if (closed.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        stopListening();
        resolve();
      };
      const cancel = clock.after(ms, done);
      const stopListening = onAbort(closed, done);
    });
  }

  #answer(): Promise<void> {
    const { clock, resets, closed, ask } = this.#options;
    return new Promise((resolve) => {
      const stream = closed.aborted ? null : ask();
      if (!stream) return resolve();
      const stopListening = onAbort(closed, () => stream.destroy());
      const cancel = clock.after(TUNNEL.reportMs, () => resets.cancel(stream));
      stream.once('close', () => {
        cancel();
        stopListening();
        resolve();
      });
    });
  }
}
