import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { LiveEnvironment } from '../live/environment.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { ClosingConnection } from '../live/held-check-ins.js';
import { etagOf, stateFor } from '../model/check-in-state.js';
import type { Environment } from '../model/environment.js';
import { checkInSecondsOf, maxHoldSeconds } from '../model/settings.js';
import type { Store } from '../store/store.js';
import { type Caller, issueOffers, offerRetryMs, offersAreDue } from './credential-offers.js';

export interface CheckInsOptions {
  readonly store: Pick<Store, 'environment' | 'settings'>;
  readonly live: Pick<LiveEnvironments, 'of' | 'bootId'>;
}

/** A check-in from an authenticated agent. */
export interface CheckIn extends Caller {
  /** Seconds the agent offers to wait (RFC 7240 `wait`); 0: a plain check-in. */
  readonly waitSeconds: number;
  /** Its end matters only to a check-in that is held. */
  readonly connection: ClosingConnection;
}

/** The answer; `body` is null if the agent already has this state (304). */
export interface CheckInAnswer {
  readonly etag: string;
  readonly body: CheckInReply | null;
}

/**
 * Answers check-ins from the current state: immediately or, if held, as soon as the state differs from the agent's.
 * Comparing the state and starting to wait happen in one turn, and each change evaluates the held check-ins, so no
 * wake-up is lost. No disk, no lock.
 */
export class CheckIns {
  /** Number of check-ins so far. */
  count = 0;
  readonly #options: CheckInsOptions;

  constructor(options: CheckInsOptions) {
    this.#options = options;
  }

  /**
   * Answers one check-in: synchronously, unless it is held or its answer carries a credential.
   * @throws Problem `check-in-superseded` (409) if a newer check-in of the instance arrived,
   *   `agent-unauthorized` (401) if the instance was removed, `hub-stopping` (503)
   */
  answer(checkIn: CheckIn): CheckInAnswer | Promise<CheckInAnswer> {
    const { environment, instance, query } = checkIn;
    this.count++;
    const settings = this.#options.store.settings();
    const live = this.#options.live.of(environment.id);
    live.presence.recordCheckIn(instance.id, checkInSecondsOf(environment, settings) * 1_000, {
      engine: query.engine,
      problem: query.problem ?? null,
    });
    live.tunnels.peek()?.reconcile(instance.id, query.tunnel);
    live.tunnels.peek(instance.id)?.reconcile(instance.id, query.nodeTunnel ?? 'none');
    live.called(instance.id);
    const waitMs = Math.min(checkIn.waitSeconds, maxHoldSeconds(settings)) * 1_000;
    if (waitMs <= 0 || this.#hasChanges(checkIn, live)) return this.#answerNow(checkIn, live);
    const held = live.held.hold({
      instanceId: instance.id,
      waitMs,
      retryMs: offerRetryMs(checkIn, live),
      hasChanges: () => this.#hasChanges(checkIn, live),
      connection: checkIn.connection,
    });
    return held.then(() => this.#answerNow(checkIn, live));
  }

  #hasChanges(checkIn: CheckIn, live: LiveEnvironment): boolean {
    const current = this.#current(checkIn);
    if (!current || offersAreDue(checkIn, live)) return true;
    return etagOf(this.#state(current, checkIn, live)) !== checkIn.etag;
  }

  #answerNow(checkIn: CheckIn, live: LiveEnvironment): CheckInAnswer | Promise<CheckInAnswer> {
    const environment = this.#current(checkIn);
    if (!environment) throw problem('agent-unauthorized');
    const offers = issueOffers(environment, checkIn, live);
    const reply = this.#state(environment, checkIn, live);
    const etag = etagOf(reply);
    if (offers) return offers.then((offered) => ({ etag, body: { ...reply, ...offered } }));
    return { etag, body: etag === checkIn.etag ? null : reply };
  }

  #state(environment: Environment, { instance }: CheckIn, live: LiveEnvironment): CheckInReply {
    return stateFor(environment, instance, this.#options.store.settings(), live, this.#options.live.bootId);
  }

  /** The current environment, if the instance still belongs to it and has the same secret. */
  #current({ environment, instance }: CheckIn): Environment | null {
    const now = this.#options.store.environment(environment.id);
    return now?.instances.some(({ id, secret }) => id === instance.id && secret === instance.secret)
      ? now
      : null;
  }
}
