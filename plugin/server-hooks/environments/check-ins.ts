import type { CheckInReply } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { LeaderElection } from '../swarm/leader-election.js';
import type { TunnelCredentials } from '../tunnel/tunnel-credentials.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { CheckIn } from './arrived-check-in.js';
import { checkInSecondsOf, checkInState, etagOf, maxHoldSeconds } from './check-in-state.js';
import { CredentialOffers } from './credential-offers.js';
import type { Presence } from './presence.js';

export interface CheckInsOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly election: LeaderElection;
  readonly clock: Clock;
  /** Changes with each start of the hub. */
  readonly bootId: string;
}

/** The answer: `body` is null where the agent knows the state already (304). */
export interface CheckInAnswer {
  readonly etag: string;
  readonly body: CheckInReply | null;
}

interface Waiter {
  /** Looks at the state anew and ends the hold where there is something to tell. */
  evaluate(): void;
  /** Ends the hold with the state as it is. */
  answer(): void;
  end(error: EdgeError): void;
}

/** A change that concerns everyone is told at this rate at most: agents a millisecond. */
const SPREAD_PER_MS = 10;

/**
 * Answers check-ins from the state of that very moment, at once or, held, as soon as it differs from
 * what the agent knows. Between looking at the state and beginning to wait nothing else runs, and each
 * change looks at the waiters: no wake-up is lost. No disk, no lock.
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
    const error = new EdgeError('hub-stopping', 'The hub is stopping', { status: 503, retryAfterSeconds: 1 });
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters.values()]) waiter.end(error);
    }
  }

  /** Lets the environment's held check-ins see the state anew. */
  wake(environmentId: number): void {
    for (const waiter of [...(this.#waiters.get(environmentId)?.values() ?? [])]) waiter.evaluate();
  }

  /** Answers an instance's held check-in at once: where its agent lives, it checks in again. */
  endHold(environmentId: number, instanceId: string): void {
    this.#waiters.get(environmentId)?.get(instanceId)?.answer();
  }

  /** The same for all environments, spread over time so that the answers do not come as one burst. */
  wakeAll(): void {
    let delayMs = 0;
    for (const environmentId of this.#waiters.keys()) {
      delayMs += 1 / SPREAD_PER_MS;
      this.#options.clock.after(delayMs, () => this.wake(environmentId));
    }
  }

  /**
   * Answers one check-in.
   * @throws EdgeError `check-in-superseded` (409) when the instance's next one came meanwhile,
   *   `agent-unauthorized` (401) where the instance is known no more
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
    this.#waiters
      .get(environment.id)
      ?.get(instance.id)
      ?.end(new EdgeError('check-in-superseded', 'A newer check-in of this agent came', { status: 409 }));
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
        signal.removeEventListener('abort', gone);
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
      const gone = () => {
        done();
        election.disconnected(environment.id, instance.id);
      };
      const cancelHold = clock.after(holdMs, done);
      const retryMs = this.#offers.retryMs(checkIn);
      if (retryMs !== null) cancelRetry = clock.after(retryMs, waiter.evaluate);
      signal.addEventListener('abort', gone);
      let waiters = this.#waiters.get(environment.id);
      if (!waiters) {
        waiters = new Map();
        this.#waiters.set(environment.id, waiters);
      }
      waiters.set(instance.id, waiter);
      if (signal.aborted) gone();
    });
  }

  #hasChanges(checkIn: CheckIn): boolean {
    const current = this.#current(checkIn);
    if (!current || this.#offers.isDue(checkIn)) return true;
    return etagOf(checkInState(current, checkIn.instance, this.#options)) !== checkIn.etag;
  }

  async #answerNow(checkIn: CheckIn): Promise<CheckInAnswer> {
    const environment = this.#current(checkIn);
    if (!environment)
      throw new EdgeError('agent-unauthorized', 'The agent is not known here', { status: 401 });
    const offers = this.#offers.issue(environment, checkIn);
    const reply = checkInState(environment, checkIn.instance, this.#options);
    const etag = etagOf(reply);
    if (!offers && etag === checkIn.etag) return { etag, body: null };
    return { etag, body: { ...reply, ...(await offers) } };
  }

  /** The environment as it is now, if the instance still belongs to it and has the same secret. */
  #current({ environment, instance }: CheckIn): Environment | null {
    const now = this.#options.store.environment(environment.id);
    return now?.instances.some(({ id, secret }) => id === instance.id && secret === instance.secret)
      ? now
      : null;
  }
}
