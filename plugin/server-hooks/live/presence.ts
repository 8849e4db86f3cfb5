import type { Problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';

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

interface InstancePresence {
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
  /** Last accepted timestamp by path: they increase strictly. */
  readonly timestamps: Map<string, number>;
}

interface EnvironmentPresence {
  readonly instances: Map<string, InstancePresence>;
  lastCheckInAtMs: number | null;
  lastRefusal: Refusal | null;
  /** Monotonic ms of the last refusal. */
  lastRefusalMs: number;
  snapshotRequest: number;
}

/** How far an agent's clock may be off, ms. Each refusal carries the hub's time. */
export const MAX_SKEW_MS = 60_000;
/** How long a refusal counts as a current problem, ms; a refused agent retries every minute. */
const RECENT_MS = 5 * 60_000;
/** Slack on top of two intervals before an agent counts as offline, ms. */
const GRACE_MS = 10_000;

/** What is known of agents, in memory only: a steady check-in writes nothing. */
export class Presence {
  readonly #clock: Clock;
  readonly #environments = new Map<number, EnvironmentPresence>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records a check-in. `intervalMs` is the granted time until the next one. */
  recordCheckIn(environmentId: number, instanceId: string, intervalMs: number, facts?: AgentFacts): void {
    const environment = this.#environment(environmentId);
    const instance = this.#instance(environment, instanceId);
    instance.arrivedMs = this.#clock.monotonic();
    instance.lastSeenMs = instance.arrivedMs;
    instance.intervalMs = intervalMs;
    if (facts) instance.facts = facts;
    instance.lastCheckInAtMs = this.#clock.now();
    environment.lastCheckInAtMs = instance.lastCheckInAtMs;
  }

  /** Records an enrolment. */
  enrolled(environmentId: number, instanceId: string, intervalMs: number): void {
    this.recordCheckIn(environmentId, instanceId, intervalMs);
    this.#instance(this.#environment(environmentId), instanceId).enrolledMs = this.#clock.monotonic();
  }

  /** Monotonic ms of the last check-in or enrolment; null: none since the hub started. */
  arrivedMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.arrivedMs ?? null;
  }

  /** Monotonic ms of the last enrolment; null: none since the hub started. */
  enrolledMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.enrolledMs ?? null;
  }

  /** Starts a hold; returns the function that ends it. */
  held(environmentId: number, instanceId: string, waitMs: number): () => void {
    const instance = this.#instance(this.#environment(environmentId), instanceId);
    const until = this.#clock.monotonic() + waitMs;
    instance.heldUntilMs = until;
    return () => {
      if (instance.heldUntilMs !== until) return;
      instance.lastSeenMs = Math.max(instance.lastSeenMs, Math.min(until, this.#clock.monotonic()));
      instance.heldUntilMs = 0;
    };
  }

  /** Whether an instance was seen within 2 × its interval + 10 s. */
  isLive(environmentId: number, instanceId: string, graceMs: number = GRACE_MS): boolean {
    const instance = this.#environments.get(environmentId)?.instances.get(instanceId);
    if (!instance) return false;
    const now = this.#clock.monotonic();
    const lastSeen = Math.max(instance.lastSeenMs, Math.min(now, instance.heldUntilMs));
    return now - lastSeen <= 2 * instance.intervalMs + graceMs;
  }

  /** Whether an instance has a held check-in that can be answered now. */
  isHeld(environmentId: number, instanceId: string): boolean {
    const instance = this.#environments.get(environmentId)?.instances.get(instanceId);
    return instance !== undefined && instance.heldUntilMs > this.#clock.monotonic();
  }

  facts(environmentId: number, instanceId: string): AgentFacts | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.facts ?? null;
  }

  /** Wall clock of the last check-in, of any instance or of one, ms; null: none since the hub started. */
  lastCheckInAtMs(environmentId: number, instanceId?: string): number | null {
    const environment = this.#environments.get(environmentId);
    const of = instanceId === undefined ? environment : environment?.instances.get(instanceId);
    return of?.lastCheckInAtMs ?? null;
  }

  /** The last granted check-in interval, ms; null if never seen. */
  intervalMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.intervalMs ?? null;
  }

  /**
   * Accepts a timestamp that is later than the last one of this instance and path; else returns the last one. A last
   * one further ahead than the allowed skew dates from before the hub's clock was set back and is ignored: else the
   * agent would be locked out until that time.
   */
  acceptTimestamp(environmentId: number, instanceId: string, path: string, timeMs: number): number | null {
    const { timestamps } = this.#instance(this.#environment(environmentId), instanceId);
    const last = timestamps.get(path) ?? 0;
    if (timeMs <= last && last <= this.#clock.now() + MAX_SKEW_MS) return last;
    timestamps.set(path, timeMs);
    return null;
  }

  refused(environmentId: number, error: Problem): void {
    const environment = this.#environment(environmentId);
    environment.lastRefusal = { code: error.code, at: new Date(this.#clock.now()).toISOString() };
    environment.lastRefusalMs = this.#clock.monotonic();
  }

  /** Each refusal is a new object: the same object means no new refusal. */
  lastRefusal(environmentId: number): Refusal | null {
    return this.#environments.get(environmentId)?.lastRefusal ?? null;
  }

  /** The last refusal, while it is recent enough that the caller is probably still trying. */
  recentRefusal(environmentId: number): Refusal | null {
    const environment = this.#environments.get(environmentId);
    if (!environment?.lastRefusal) return null;
    return this.#clock.monotonic() - environment.lastRefusalMs > RECENT_MS ? null : environment.lastRefusal;
  }

  clearRefusal(environmentId: number): void {
    const environment = this.#environments.get(environmentId);
    if (environment) environment.lastRefusal = null;
  }

  /** Requests a snapshot from the environment's agents: returns the number that check-ins carry. */
  requestSnapshot(environmentId: number): number {
    return ++this.#environment(environmentId).snapshotRequest;
  }

  snapshotRequest(environmentId: number): number {
    return this.#environments.get(environmentId)?.snapshotRequest ?? 0;
  }

  /** Forgets all other instances; returns whether there were any. */
  keep(environmentId: number, instanceIds: ReadonlySet<string>): boolean {
    const { instances } = this.#environments.get(environmentId) ?? {};
    const dropped = [...(instances?.keys() ?? [])].filter((id) => !instanceIds.has(id));
    for (const id of dropped) instances?.delete(id);
    return dropped.length > 0;
  }

  forget(environmentId: number): void {
    this.#environments.delete(environmentId);
  }

  #environment(id: number): EnvironmentPresence {
    let environment = this.#environments.get(id);
    if (!environment) {
      environment = {
        instances: new Map(),
        lastCheckInAtMs: null,
        lastRefusal: null,
        lastRefusalMs: 0,
        snapshotRequest: 0,
      };
      this.#environments.set(id, environment);
    }
    return environment;
  }

  #instance(environment: EnvironmentPresence, id: string): InstancePresence {
    let instance = environment.instances.get(id);
    if (!instance) {
      instance = {
        lastSeenMs: this.#clock.monotonic(),
        arrivedMs: null,
        lastCheckInAtMs: null,
        enrolledMs: null,
        heldUntilMs: 0,
        intervalMs: 0,
        facts: { engine: 'unknown', problem: null },
        timestamps: new Map(),
      };
      environment.instances.set(id, instance);
    }
    return instance;
  }
}
