import { backoffMs } from '../../protocol/time/backoff.js';
import { type FleetLoad, RawAgent } from './raw-agent.js';

/** Bounds, deadlines and rules of `agent-image/src/hub/poller.ts`, `client.ts` and `outbound.ts`. */
const BACKOFF = { firstMs: 500, maxMs: 20_000 };
const REFUSED_BACKOFF = { firstMs: 500, maxMs: 60_000 };
const CONNECT_MS = 15_000;
const CALL_MS = 30_000;
const HOLD_SLACK_MS = 5_000;

/** What the returning agents of one process have in common. */
export interface ReturningLoad extends Pick<FleetLoad, 'port' | 'waitSeconds' | 'onAnswer'> {
  readonly intervalMs: number;
  /** An agent's first good answer on a new connection, with the time since it dialled, ms. */
  readonly onReturn: (ms: number) => void;
  /** A check-in failed; `dialledMs` is the time of its connection, ms since the epoch. */
  readonly onFailure: (reason: string, dialledMs: number) => void;
  /** A connection that had answered has closed. */
  readonly onLost: () => void;
}

/**
 * A raw agent that reconnects as the real one does. A failed attempt is followed by a pause with full jitter, at least
 * `Retry-After`, which doubles up to 20 s; up to 60 s if the hub refused. The first check-in after a failure is plain.
 * An idle connection that closed is not a failure: the next check-in dials again. TCP has 15 s, a check-in 30 s.
 */
export class ReturningAgent {
  readonly #environmentId: number;
  readonly #load: ReturningLoad;
  #raw: RawAgent | null = null;
  #dialledMs = 0;
  #failures = 0;
  #isReturned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(environmentId: number, load: ReturningLoad) {
    this.#environmentId = environmentId;
    this.#load = load;
  }

  /** Dials and checks in, then goes on until the process ends; resolves after the first attempt. */
  async start(): Promise<void> {
    const { port, waitSeconds, onReturn } = this.#load;
    const startMs = performance.now();
    this.#dialledMs = Date.now();
    const raw = new RawAgent(this.#environmentId, {
      port,
      waitSeconds,
      onAnswer: (ms) => this.#answered(raw, ms),
      onFailure: (reason, refusal) => this.#failed(raw, reason, refusal),
    });
    this.#raw = raw;
    this.#deadline(raw, CONNECT_MS, 'no TCP connection within 15 s');
    await raw
      .connect(() => this.#deadline(raw, CALL_MS, 'no answer within 30 s'))
      .then(
        () => {
          if (this.#raw === raw) onReturn(performance.now() - startMs);
        },
        () => undefined,
      );
  }

  #deadline(raw: RawAgent, ms: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#failed(raw, reason), ms);
  }

  #answered(raw: RawAgent, ms: number): void {
    const { waitSeconds, intervalMs, onAnswer } = this.#load;
    if (this.#raw !== raw) return;
    onAnswer(ms);
    this.#failures = 0;
    this.#isReturned = true;
    clearTimeout(this.#timer);
    if (waitSeconds > 0) this.#deadline(raw, waitSeconds * 1_000 + HOLD_SLACK_MS, 'a hold was not answered');
    else this.#timer = setTimeout(() => this.#next(), intervalMs);
  }

  /** The next plain check-in. */
  #next(): void {
    const raw = this.#raw;
    if (!raw) return void this.start();
    this.#deadline(raw, CALL_MS, 'no answer within 30 s');
    raw.checkIn();
  }

  #failed(
    raw: RawAgent,
    reason: string,
    refusal: { status: number; retryAfterMs: number } | null = null,
  ): void {
    const { onFailure, onLost } = this.#load;
    if (this.#raw !== raw) return;
    this.#raw = null;
    raw.close();
    if (this.#isReturned) onLost();
    this.#isReturned = false;
    // The timer of the next check-in keeps running: it dials.
    if (!raw.isWaiting && raw.hasAnswered) return;
    onFailure(reason, this.#dialledMs);
    const bounds = refusal && refusal.status < 500 ? REFUSED_BACKOFF : BACKOFF;
    const pauseMs = (refusal?.retryAfterMs ?? 0) + backoffMs(bounds, this.#failures++, Math.random);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.start(), pauseMs);
  }
}
