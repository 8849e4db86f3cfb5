import type { CheckInQuery, CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { type AgentProblemCode, problem } from '../../../protocol/problems/agent.js';
import { codeOf, Problem } from '../../../protocol/problems/problem.js';
import { backoffMs } from '../../../protocol/time/backoff.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../log.js';
import type { HubClient } from './client.js';
import { Enrolment } from './enrolment.js';
import { HoldPolicy } from './hold-policy.js';
import { RecentCount } from './recent-count.js';

export interface PollerOptions {
  readonly client: Pick<HubClient, 'checkIn'>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Query of the next check-in. */
  readonly query: () => CheckInQuery;
  /** Enrols the instance; called before the first check-in and when the hub no longer knows it. */
  readonly enrol: (signal: AbortSignal) => Promise<void>;
  /** The state changed. Must not throw or block. */
  readonly onReply: (reply: CheckInReply) => void;
  /** Every outcome, for the health check. */
  readonly onOutcome: (outcome: { code: string | null; nextWithinMs: number }) => void;
}

const BACKOFF = Object.freeze({ firstMs: 500, maxMs: 20_000 });
/** For refusals that only an operator can fix. */
const REFUSED_BACKOFF = Object.freeze({ firstMs: 500, maxMs: 60_000 });
/** A call that fails faster than this was not a cut hold, ms. */
const MIN_CUT_MS = 1_000;
/** A hold without a change that ends faster than this was not answered by the hub, ms. */
const MIN_HOLD_MS = 500;
/** Least time between check-ins, ms, whatever the hub answers. */
const MIN_PACE_MS = 20;
/** How long a duplicate of this agent, or forged answers, are reported after they were last seen, ms. */
const RECENT_MS = 3 * 60_000;
/** Answers that anyone on the network path can forge. */
const DOUBTFUL = new Set<string>(['hub-answer-forged', 'agent-unauthorized'] satisfies AgentProblemCode[]);

/** The check-in loop: one at a time, held where possible, with backoff and full jitter after failures. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #holds: HoldPolicy;
  #stopping = new AbortController();
  #running: Promise<void> | null = null;
  /**
   * Aborts the current check-in, or the pause after it; so does a stop. Not `AbortSignal.any` with the stop's
   * signal: on Node 20 each of those leaks memory for as long as the agent runs.
   */
  #nudge: AbortController | null = null;
  readonly #enrolment: Enrolment;
  #etag: string | undefined;
  #intervalMs = 5_000;
  #failures = 0;
  #lastCode: string | null = null;
  /** Check-ins that another process with our instance key superseded. */
  readonly #superseded: RecentCount;
  /** Doubtful answers. A good one in between does not reset the count. */
  readonly #doubtful: RecentCount;
  readonly #forged: RecentCount;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#holds = new HoldPolicy(options.clock);
    this.#enrolment = new Enrolment(options.enrol);
    this.#superseded = new RecentCount(options.clock, RECENT_MS);
    this.#doubtful = new RecentCount(options.clock, RECENT_MS);
    this.#forged = new RecentCount(options.clock, RECENT_MS);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the loop and the current check-in; safe to call twice. */
  async stop(): Promise<void> {
    const reason = problem('agent-stopping');
    this.#stopping.abort(reason);
    this.#nudge?.abort(reason);
    await this.#running;
  }

  /**
   * `duplicate` while another process uses this instance's data folder, or a copy of it; `hub-answer-forged` while
   * answers are forged; else null.
   */
  get problem(): string | null {
    if (this.#superseded.isRecent) return 'duplicate';
    return this.#forged.isRecent ? 'hub-answer-forged' : null;
  }

  /** Checks in immediately, to report a change such as a lost tunnel. */
  nudge(): void {
    this.#etag = undefined;
    this.#nudge?.abort(problem('nudged'));
  }

  /** Enrols again, then checks in: the reported identity has changed. */
  reenrol(): void {
    this.#enrolment.expire();
    this.nudge();
  }

  /** Resolves immediately if the enrolment is current; else after the next attempt to enrol, whatever its result. */
  enrolled(): Promise<void> {
    return this.#enrolment.attempted();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const pauseMs = await this.#once();
      if (pauseMs > 0) await this.#pause(pauseMs);
    }
  }

  /** One check-in; returns how long to pause before the next, ms. */
  async #once(): Promise<number> {
    const { client, clock, query } = this.#options;
    const nudge = new AbortController();
    this.#nudge = nudge;
    const waitSeconds = this.#etag === undefined ? 0 : this.#holds.next();
    const startedMs = clock.monotonic();
    try {
      await this.#enrolment.ensure(this.#stopping.signal);
      const known = this.#etag;
      const { reply, etag } = await client.checkIn(query(), known, waitSeconds, nudge.signal);
      this.#etag = etag;
      const elapsedMs = clock.monotonic() - startedMs;
      // The answer may repeat the known state: someone on the network path can strip `If-None-Match`.
      const isNews = reply !== null && etag !== known;
      const isTooFast = !isNews && waitSeconds > 0 && elapsedMs < MIN_HOLD_MS;
      const pauseMs = this.#succeeded(reply, waitSeconds, elapsedMs);
      return isTooFast ? this.#intervalMs : Math.max(pauseMs, MIN_PACE_MS - elapsedMs);
    } catch (error) {
      if (nudge.signal.aborted || this.#stopping.signal.aborted) return 0;
      const elapsedMs = clock.monotonic() - startedMs;
      if (waitSeconds === 0) this.#holds.failed();
      else if (elapsedMs > MIN_CUT_MS && isCut(error)) this.#holds.cut(elapsedMs);
      return codeOf(error) === 'check-in-superseded' ? this.#wasSuperseded() : this.#failed(error);
    }
  }

  #succeeded(reply: CheckInReply | null, waitSeconds: number, elapsedMs: number): number {
    const { logger, onReply, onOutcome } = this.#options;
    if (this.#lastCode !== null) logger.info({ attempts: this.#failures + 1 }, 'checked in again');
    this.#failures = 0;
    this.#lastCode = null;
    const heldMs = waitSeconds > 0 ? elapsedMs : 0;
    const limit = this.#holds.answered(reply?.hub ?? null, reply?.holdSeconds ?? null, heldMs);
    if (limit !== null) {
      logger.warn(
        { code: 'hold-cut' satisfies AgentProblemCode, holdSeconds: limit },
        limit > 0
          ? 'a proxy cuts held check-ins: using shorter holds'
          : 'a proxy cuts held check-ins: polling without holds',
      );
    }
    if (reply) {
      this.#intervalMs = reply.checkInSeconds * 1_000;
      onReply(reply);
    }
    const isHolding = this.#holds.next() > 0;
    onOutcome({ code: null, nextWithinMs: isHolding ? this.#holds.next() * 1_000 : this.#intervalMs });
    // A hold ends on a change or at its deadline: the next one follows immediately.
    return isHolding || (waitSeconds > 0 && reply) ? 0 : this.#intervalMs;
  }

  #failed(error: unknown): number {
    const { logger, random, onOutcome } = this.#options;
    const code = codeOf(error);
    this.#etag = undefined;
    const doubtful = DOUBTFUL.has(code) ? this.#doubtful.add() - 1 : 0;
    if (code === 'hub-answer-forged') this.#forged.add();
    if (code === 'agent-unauthorized') this.#enrolment.expire();
    if (code !== this.#lastCode) logger.warn({ err: error }, 'check-in failed; retrying');
    else logger.debug({ err: error, attempts: this.#failures + 1 }, 'check-in failed again');
    this.#lastCode = code;
    const isRefusal = error instanceof Problem && error.status >= 400 && error.status < 500;
    const failures = Math.max(this.#failures, doubtful);
    this.#failures++;
    const leastMs = error instanceof Problem ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    const pauseMs = leastMs + backoffMs(isRefusal ? REFUSED_BACKOFF : BACKOFF, failures, random);
    onOutcome({ code, nextWithinMs: pauseMs });
    return pauseMs;
  }

  /**
   * Our own check-ins never overlap, so this was another process with our instance key. Both would supersede
   * each other forever, so both back off, longer each time.
   */
  #wasSuperseded(): number {
    const { logger, random, onOutcome } = this.#options;
    const code = 'check-in-superseded';
    if (!this.#superseded.isRecent) {
      logger.warn({ code }, 'another agent uses a copy of this DATA_DIR: give each agent its own');
    }
    this.#etag = undefined;
    const pauseMs = backoffMs(REFUSED_BACKOFF, this.#superseded.add(), random);
    onOutcome({ code, nextWithinMs: pauseMs });
    return pauseMs;
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#nudge ?? this.#stopping;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}

/** Whether the hold ended without an answer of the hub: a closed connection, a proxy's page, or a timeout. */
function isCut(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'hub-unreachable' || code === 'hub-answer-malformed';
}
