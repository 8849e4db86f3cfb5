import type { Problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { SmallMap } from '../model/small-map.js';

/** What an agent last reported about itself. */
export interface AgentFacts {
  readonly engine: 'up' | 'down' | 'unknown';
  readonly problem: string | null;
}

/** A refused caller that knew the secret; shown to the admin. */
export interface Refusal {
  readonly code: string;
  /** RFC 3339. */
  readonly at: string;
}

/** The environment whose agents these are. */
export interface PresenceOwner {
  readonly clock: Clock;
  /** Monotonic ms of the hub's start. */
  readonly startedMs: number;
  /** Called when an agent or a refusal changed, other than by time. A check-in without news changes nothing. */
  changed(): void;
}

interface AgentPresence {
  lastSeenMs: number;
  /** Monotonic ms of the last check-in or enrolment; null: none since the hub started. */
  arrivedMs: number | null;
  /** Wall clock of the last check-in, ms. */
  lastCheckInAtMs: number | null;
  /** Monotonic ms of the last enrolment; null: none since the hub started. */
  enrolledMs: number | null;
  /** Monotonic ms until which an open hold counts as contact. */
  heldUntilMs: number;
  intervalMs: number;
  facts: AgentFacts;
  /** Last accepted timestamp of each path: they increase strictly. A handful, so a chain: it takes a third of a map's memory. */
  timestamps: AcceptedTimestamp | null;
}

interface AcceptedTimestamp {
  readonly path: string;
  timeMs: number;
  readonly next: AcceptedTimestamp | null;
}

/** How far an agent's clock may be off, ms. Each refusal carries the hub's time. */
export const MAX_SKEW_MS = 60_000;
/** Time agents have to reconnect after the hub starts before they count as offline, ms. */
export const STARTUP_MS = 45_000;
/** How long a refusal counts as a current problem, ms; a refused agent retries every minute. */
const RECENT_MS = 5 * 60_000;
/** A hold that ends earlier than this before its time is reported, ms. */
const EARLY_MS = 1_000;
/** Slack on top of two intervals before an agent counts as offline, ms. */
const GRACE_MS = 10_000;

/** What is known of one environment's agents, in memory only: a steady check-in writes nothing. */
export class Presence {
  readonly #owner: PresenceOwner;
  readonly #agents = new SmallMap<AgentPresence>();
  #lastCheckInAtMs: number | null = null;
  #lastRefusal: Refusal | null = null;
  /** Monotonic ms of the last refusal. */
  #lastRefusalMs = 0;

  constructor(owner: PresenceOwner) {
    this.#owner = owner;
  }

  /** Records a check-in. `intervalMs` is the granted time until the next one. */
  recordCheckIn(instanceId: string, intervalMs: number, facts?: AgentFacts): void {
    const agent = this.#agent(instanceId);
    const now = this.#owner.clock.monotonic();
    const isNews =
      agent.arrivedMs === null ||
      // It is live for a shorter time from now on.
      intervalMs < agent.intervalMs ||
      now > liveUntilMs(agent, now) ||
      (facts && (facts.engine !== agent.facts.engine || facts.problem !== agent.facts.problem));
    agent.arrivedMs = now;
    agent.lastSeenMs = now;
    agent.intervalMs = intervalMs;
    if (facts) agent.facts = facts.problem === null ? NO_PROBLEM[facts.engine] : facts;
    agent.lastCheckInAtMs = this.#owner.clock.now();
    this.#lastCheckInAtMs = agent.lastCheckInAtMs;
    if (isNews) this.#owner.changed();
  }

  /** Records an enrolment. */
  enrolled(instanceId: string, intervalMs: number): void {
    this.recordCheckIn(instanceId, intervalMs);
    this.#agent(instanceId).enrolledMs = this.#owner.clock.monotonic();
    this.#owner.changed();
  }

  /** Monotonic ms of the last check-in or enrolment; null: none since the hub started. */
  arrivedMs(instanceId: string): number | null {
    return this.#agents.get(instanceId)?.arrivedMs ?? null;
  }

  /** Monotonic ms of the last enrolment; null: none since the hub started. */
  enrolledMs(instanceId: string): number | null {
    return this.#agents.get(instanceId)?.enrolledMs ?? null;
  }

  /** Starts a hold; returns the function that ends it. */
  held(instanceId: string, waitMs: number): () => void {
    const agent = this.#agent(instanceId);
    const until = this.#owner.clock.monotonic() + waitMs;
    agent.heldUntilMs = until;
    return () => {
      if (agent.heldUntilMs !== until) return;
      const now = this.#owner.clock.monotonic();
      agent.lastSeenMs = Math.max(agent.lastSeenMs, Math.min(until, now));
      agent.heldUntilMs = 0;
      // It is live for a shorter time from now on.
      if (until - now > EARLY_MS) this.#owner.changed();
    };
  }

  /** Whether an instance was seen within 2 × its interval + 10 s. */
  isLive(instanceId: string, graceMs: number = GRACE_MS): boolean {
    const agent = this.#agents.get(instanceId);
    if (!agent) return false;
    const now = this.#owner.clock.monotonic();
    return now <= liveUntilMs(agent, now, graceMs);
  }

  /** Monotonic ms until which a live instance is live, unless a change is reported; null if it is not live. */
  liveUntilMs(instanceId: string): number | null {
    const agent = this.#agents.get(instanceId);
    if (!agent || !this.isLive(instanceId)) return null;
    // An open hold counts up to its end: if it ends early, that is reported.
    return liveUntilMs(agent, agent.heldUntilMs);
  }

  /**
   * Whether an instance is live, or may be: after a start of the hub all agents are silent at first.
   * @param startupMs how long an instance that was never seen is given after the start
   */
  mayBeLive(instanceId: string, startupMs: number = STARTUP_MS, graceMs: number = GRACE_MS): boolean {
    if (this.#agents.get(instanceId)?.arrivedMs != null) return this.isLive(instanceId, graceMs);
    return this.#owner.clock.monotonic() - this.#owner.startedMs < startupMs;
  }

  /** Whether an instance has a held check-in that can be answered now. */
  isHeld(instanceId: string): boolean {
    const agent = this.#agents.get(instanceId);
    return agent !== undefined && agent.heldUntilMs > this.#owner.clock.monotonic();
  }

  facts(instanceId: string): AgentFacts | null {
    return this.#agents.get(instanceId)?.facts ?? null;
  }

  /** Wall clock of the last check-in, of any instance or of one, ms; null: none since the hub started. */
  lastCheckInAtMs(instanceId?: string): number | null {
    if (instanceId === undefined) return this.#lastCheckInAtMs;
    return this.#agents.get(instanceId)?.lastCheckInAtMs ?? null;
  }

  /**
   * Accepts a timestamp that is later than the last one of this instance and path; else returns the last one. A last
   * one further ahead than the allowed skew dates from before the hub's clock was set back and is ignored: else the
   * agent would be locked out until that time.
   */
  acceptTimestamp(instanceId: string, path: string, timeMs: number): number | null {
    const agent = this.#agent(instanceId);
    let accepted = agent.timestamps;
    while (accepted && accepted.path !== path) accepted = accepted.next;
    const last = accepted?.timeMs ?? 0;
    if (timeMs <= last && last <= this.#owner.clock.now() + MAX_SKEW_MS) return last;
    if (accepted) accepted.timeMs = timeMs;
    else agent.timestamps = { path, timeMs, next: agent.timestamps };
    return null;
  }

  refused(error: Problem): void {
    this.#lastRefusal = { code: error.code, at: new Date(this.#owner.clock.now()).toISOString() };
    this.#lastRefusalMs = this.#owner.clock.monotonic();
    this.#owner.changed();
  }

  /** Each refusal is a new object: the same object means no new refusal. */
  get lastRefusal(): Refusal | null {
    return this.#lastRefusal;
  }

  /** The last refusal, while it is recent enough that the caller is probably still trying. */
  get recentRefusal(): Refusal | null {
    return this.#owner.clock.monotonic() > this.recentUntilMs ? null : this.#lastRefusal;
  }

  /** Monotonic ms until which the last refusal is recent. */
  get recentUntilMs(): number {
    return this.#lastRefusalMs + RECENT_MS;
  }

  clearRefusal(): void {
    if (this.#lastRefusal === null) return;
    this.#lastRefusal = null;
    this.#owner.changed();
  }

  /** Forgets all other instances; returns whether there were any. */
  keep(instanceIds: ReadonlySet<string>): boolean {
    const hadOthers = this.#agents.keep(instanceIds);
    if (hadOthers) this.#owner.changed();
    return hadOthers;
  }

  #agent(id: string): AgentPresence {
    let agent = this.#agents.get(id);
    if (!agent) {
      agent = {
        lastSeenMs: this.#owner.clock.monotonic(),
        arrivedMs: null,
        lastCheckInAtMs: null,
        enrolledMs: null,
        heldUntilMs: 0,
        intervalMs: 0,
        facts: NO_PROBLEM.unknown,
        timestamps: null,
      };
      this.#agents.set(id, agent);
      this.#owner.changed();
    }
    return agent;
  }
}

/** Until when an agent is live: an open hold counts as contact. */
function liveUntilMs(
  { lastSeenMs, heldUntilMs, intervalMs }: AgentPresence,
  now: number,
  graceMs = GRACE_MS,
): number {
  return Math.max(lastSeenMs, Math.min(now, heldUntilMs)) + 2 * intervalMs + graceMs;
}

/** What most agents report; shared by them. */
const NO_PROBLEM: Readonly<Record<AgentFacts['engine'], AgentFacts>> = Object.freeze({
  up: Object.freeze({ engine: 'up', problem: null }),
  down: Object.freeze({ engine: 'down', problem: null }),
  unknown: Object.freeze({ engine: 'unknown', problem: null }),
});
