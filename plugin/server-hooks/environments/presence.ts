import type { Clock } from '../../../protocol/clock.js';
import type { EdgeError } from '../../../protocol/edge-error.js';

/** What an agent last said of itself. */
export interface AgentFacts {
  readonly engine: 'up' | 'down' | 'unknown';
  readonly problem: string | null;
}

/** A refused caller who knew the secret; shown to the admin. */
export interface Refusal {
  readonly code: string;
  /** RFC 3339. */
  readonly at: string;
}

interface InstancePresence {
  lastHeardMs: number;
  /** Monotonic ms of the arrival of its last check-in or enrolment; null: none since the hub's start. */
  arrivedMs: number | null;
  /** Wall clock of the last check-in, ms. */
  lastCheckInAtMs: number | null;
  /** Monotonic ms of the last enrolment; null: not since the hub's start. */
  enrolledMs: number | null;
  /** Monotonic ms until which an open hold counts as hearing from the agent. */
  heldUntilMs: number;
  intervalMs: number;
  facts: AgentFacts;
  /** Last accepted time stamp by path: stamps rise strictly. */
  readonly stamps: Map<string, number>;
}

interface EnvironmentPresence {
  readonly instances: Map<string, InstancePresence>;
  lastCheckInAtMs: number | null;
  lastRefusal: Refusal | null;
  /** Monotonic ms of it. */
  lastRefusalMs: number;
  snapshotRequest: number;
}

/** How far an agent's clock may be off, ms. Each refusal carries the hub's time. */
export const MAX_SKEW_MS = 60_000;
/** How long a refusal is today's problem, ms; a refused agent comes back every minute. */
const RECENT_MS = 5 * 60_000;
/** Slack on top of two intervals before an agent counts as gone, ms. */
const GRACE_MS = 10_000;

/** What is known now of the agents, in memory only: a steady check-in writes nothing. */
export class Presence {
  readonly #clock: Clock;
  readonly #environments = new Map<number, EnvironmentPresence>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An agent was heard. `intervalMs` is what it was granted until it must be heard again. */
  recordCheckIn(environmentId: number, instanceId: string, intervalMs: number, facts?: AgentFacts): void {
    const environment = this.#environment(environmentId);
    const instance = this.#instance(environment, instanceId);
    instance.arrivedMs = this.#clock.monotonic();
    instance.lastHeardMs = instance.arrivedMs;
    instance.intervalMs = intervalMs;
    if (facts) instance.facts = facts;
    instance.lastCheckInAtMs = this.#clock.now();
    environment.lastCheckInAtMs = instance.lastCheckInAtMs;
  }

  /** An agent enrolled, and said anew what it is. */
  enrolled(environmentId: number, instanceId: string, intervalMs: number): void {
    this.recordCheckIn(environmentId, instanceId, intervalMs);
    this.#instance(this.#environment(environmentId), instanceId).enrolledMs = this.#clock.monotonic();
  }

  /** Monotonic ms of the arrival of its last check-in or enrolment; null: none since the hub's start. */
  arrivedMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.arrivedMs ?? null;
  }

  /** Monotonic ms of an instance's last enrolment; null: not since the hub's start. */
  enrolledMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.enrolledMs ?? null;
  }

  /** A held check-in began; returns the function that ends it. */
  held(environmentId: number, instanceId: string, waitMs: number): () => void {
    const instance = this.#instance(this.#environment(environmentId), instanceId);
    const until = this.#clock.monotonic() + waitMs;
    instance.heldUntilMs = until;
    return () => {
      if (instance.heldUntilMs !== until) return;
      instance.lastHeardMs = Math.max(instance.lastHeardMs, Math.min(until, this.#clock.monotonic()));
      instance.heldUntilMs = 0;
    };
  }

  /** Whether an instance was heard within 2 × its interval + 10 s. */
  isLive(environmentId: number, instanceId: string, graceMs: number = GRACE_MS): boolean {
    const instance = this.#environments.get(environmentId)?.instances.get(instanceId);
    if (!instance) return false;
    const now = this.#clock.monotonic();
    const lastHeard = Math.max(instance.lastHeardMs, Math.min(now, instance.heldUntilMs));
    return now - lastHeard <= 2 * instance.intervalMs + graceMs;
  }

  /** Whether an instance can be told something at once. */
  isHeld(environmentId: number, instanceId: string): boolean {
    const instance = this.#environments.get(environmentId)?.instances.get(instanceId);
    return instance !== undefined && instance.heldUntilMs > this.#clock.monotonic();
  }

  facts(environmentId: number, instanceId: string): AgentFacts | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.facts ?? null;
  }

  /** Wall clock of the last check-in, of anyone or of one instance, ms; null: none since the hub's start. */
  lastCheckInAtMs(environmentId: number, instanceId?: string): number | null {
    const environment = this.#environments.get(environmentId);
    const of = instanceId === undefined ? environment : environment?.instances.get(instanceId);
    return of?.lastCheckInAtMs ?? null;
  }

  /** Milliseconds between check-ins that an instance was granted last; null when never heard. */
  intervalMs(environmentId: number, instanceId: string): number | null {
    return this.#environments.get(environmentId)?.instances.get(instanceId)?.intervalMs ?? null;
  }

  /**
   * Takes a time stamp if it is later than the last one of this instance and path; else returns the last one.
   * One that lies further ahead than any agent's may was taken before the hub's clock was set back, and counts
   * no more: else the agent would be out until that time has come again.
   */
  acceptTimestamp(environmentId: number, instanceId: string, path: string, timeMs: number): number | null {
    const { stamps } = this.#instance(this.#environment(environmentId), instanceId);
    const last = stamps.get(path) ?? 0;
    if (timeMs <= last && last <= this.#clock.now() + MAX_SKEW_MS) return last;
    stamps.set(path, timeMs);
    return null;
  }

  refused(environmentId: number, error: EdgeError): void {
    const environment = this.#environment(environmentId);
    environment.lastRefusal = { code: error.code, at: new Date(this.#clock.now()).toISOString() };
    environment.lastRefusalMs = this.#clock.monotonic();
  }

  /** Each refusal is an object of its own: the same one again means that none came since. */
  lastRefusal(environmentId: number): Refusal | null {
    return this.#environments.get(environmentId)?.lastRefusal ?? null;
  }

  /** The same, while it is so recent that the refused caller is likely to be still there. */
  recentRefusal(environmentId: number): Refusal | null {
    const environment = this.#environments.get(environmentId);
    if (!environment?.lastRefusal) return null;
    return this.#clock.monotonic() - environment.lastRefusalMs > RECENT_MS ? null : environment.lastRefusal;
  }

  clearRefusal(environmentId: number): void {
    const environment = this.#environments.get(environmentId);
    if (environment) environment.lastRefusal = null;
  }

  /** Asks the environment's agent for a snapshot: the number its next check-in is told. */
  requestSnapshot(environmentId: number): number {
    return ++this.#environment(environmentId).snapshotRequest;
  }

  snapshotRequest(environmentId: number): number {
    return this.#environments.get(environmentId)?.snapshotRequest ?? 0;
  }

  /** Forgets the instances that are none of these; returns whether there were any. */
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
        lastHeardMs: this.#clock.monotonic(),
        arrivedMs: null,
        lastCheckInAtMs: null,
        enrolledMs: null,
        heldUntilMs: 0,
        intervalMs: 0,
        facts: { engine: 'unknown', problem: null },
        stamps: new Map(),
      };
      environment.instances.set(id, instance);
    }
    return instance;
  }
}
