import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Presence } from '../live/presence.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { LeaderElection } from '../swarm/leader-election.js';
import type { TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { CheckIn } from './check-in.js';
import { checkInSecondsOf, checkInState, etagOf, maxHoldSeconds } from './check-in-state.js';
import { CredentialOffers } from './credential-offers.js';

export interface CheckInsOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly election: LeaderElection;
  readonly clock: Clock;
  /** Changes with each hub start. */
  readonly bootId: string;
}

/** The answer; `body` is null if the agent already has this state (304). */
export interface CheckInAnswer {
  readonly etag: string;
  readonly body: CheckInReply | null;
}

interface Waiter {
  /** Evaluates the state and ends the hold if it changed. */
  evaluate(): void;
  /** Ends the hold with the current state. */
  answer(): void;
  end(error: Problem): void;
}

/** A change for all agents wakes at most this many a millisecond. */
const SPREAD_PER_MS = 10;

/**
 * Answers check-ins from the current state: immediately or, if held, as soon as the state differs from the agent's.
 * Comparing the state and starting to wait happen in one turn, and each change evaluates the waiters, so no wake-up is
 * lost. No disk, no lock.
 */
export class CheckIns {
  readonly #options: CheckInsOptions;
  readonly #offers: CredentialOffers;
  readonly #waiters = new Map<number, Map<string, Waiter>>();
  #unsubscribe: (() => void) | null = null;

  constructor(options: CheckInsOptions) {
    this.#options = options;
    this.#offers = new CredentialOffers(options);
  }

  start(): void {
    this.#unsubscribe ??= this.#options.registry.onChange((id) => this.wake(id));
  }

  /** Ends every hold; safe to call twice. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    const error = problem('hub-stopping', { retryAfterSeconds: 1 });
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters.values()]) waiter.end(error);
    }
  }

  /** Evaluates the environment's held check-ins. */
  wake(environmentId: number): void {
    for (const waiter of [...(this.#waiters.get(environmentId)?.values() ?? [])]) waiter.evaluate();
  }

  /** Answers an instance's held check-in immediately; a live agent then checks in again. */
  endHold(environmentId: number, instanceId: string): void {
    this.#waiters.get(environmentId)?.get(instanceId)?.answer();
  }

  /** Wakes all environments, spread over time to avoid a burst of answers. */
  wakeAll(): void {
    let delayMs = 0;
    for (const environmentId of this.#waiters.keys()) {
      delayMs += 1 / SPREAD_PER_MS;
      this.#options.clock.after(delayMs, () => this.wake(environmentId));
    }
  }

  /**
   * Answers one check-in.
   * @throws Problem `check-in-superseded` (409) if a newer check-in of the instance arrived,
   *   `agent-unauthorized` (401) if the instance was removed
   */
  async answer(checkIn: CheckIn): Promise<CheckInAnswer> {
    const { presence, registry, election } = this.#options;
    const { environment, instance, query } = checkIn;
    const intervalMs = checkInSecondsOf(environment, this.#options.store) * 1_000;
    presence.recordCheckIn(environment.id, instance.id, intervalMs, {
      engine: query.engine,
      problem: query.problem ?? null,
    });
    registry.peek(environment.id)?.reconcile(instance.id, query.tunnel);
    registry.peek(environment.id, instance.id)?.reconcile(instance.id, query.nodeTunnel ?? 'none');
    this.#waiters.get(environment.id)?.get(instance.id)?.end(problem('check-in-superseded'));
    election.recordCheckIn(environment.id, instance.id);
    const holdMs = Math.min(checkIn.waitSeconds, maxHoldSeconds(this.#options.store)) * 1_000;
    if (holdMs > 0 && !this.#hasChanges(checkIn)) await this.#hold(checkIn, holdMs);
    return this.#answerNow(checkIn);
  }

  #hold(checkIn: CheckIn, holdMs: number): Promise<void> {
    const { environment, instance, signal } = checkIn;
    const { clock, presence, election } = this.#options;
    return new Promise((resolve, reject) => {
      const release = presence.held(environment.id, instance.id, holdMs);
      let cancelRetry = () => {};
      const settle = () => {
        cancelHold();
        cancelRetry();
        release();
        signal.removeEventListener('abort', onAbort);
        const waiters = this.#waiters.get(environment.id);
        if (waiters?.get(instance.id) === waiter) waiters.delete(instance.id);
        if (waiters?.size === 0) this.#waiters.delete(environment.id);
      };
      const done = () => {
        settle();
        resolve();
      };
      const waiter: Waiter = {
        answer: done,
        evaluate: () => {
          if (this.#hasChanges(checkIn)) done();
        },
        end: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => {
        done();
        election.disconnected(environment.id, instance.id);
      };
      const cancelHold = clock.after(holdMs, done);
      const retryMs = this.#offers.retryMs(checkIn);
      if (retryMs !== null) cancelRetry = clock.after(retryMs, waiter.evaluate);
      signal.addEventListener('abort', onAbort);
      let waiters = this.#waiters.get(environment.id);
      if (!waiters) {
        waiters = new Map();
        this.#waiters.set(environment.id, waiters);
      }
      waiters.set(instance.id, waiter);
      if (signal.aborted) onAbort();
    });
  }

  #hasChanges(checkIn: CheckIn): boolean {
    const current = this.#current(checkIn);
    if (!current || this.#offers.isDue(checkIn)) return true;
    return etagOf(checkInState(current, checkIn.instance, this.#options)) !== checkIn.etag;
  }

  async #answerNow(checkIn: CheckIn): Promise<CheckInAnswer> {
    const environment = this.#current(checkIn);
    if (!environment) throw problem('agent-unauthorized');
    const offers = this.#offers.issue(environment, checkIn);
    const reply = checkInState(environment, checkIn.instance, this.#options);
    const etag = etagOf(reply);
    if (!offers && etag === checkIn.etag) return { etag, body: null };
    return { etag, body: { ...reply, ...(await offers) } };
  }

  /** The current environment, if the instance still belongs to it and has the same secret. */
  #current({ environment, instance }: CheckIn): Environment | null {
    const now = this.#options.store.environment(environment.id);
    return now?.instances.some(({ id, secret }) => id === instance.id && secret === instance.secret)
      ? now
      : null;
  }
}
