import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { LiveEnvironment } from '../live/environment.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Hold } from '../live/held-check-ins.js';
import { StateTags, stateFor } from '../model/check-in-state.js';
import { type Environment, isKeyValid } from '../model/environment.js';
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
}

/** Where the answer to a check-in goes: one call of `send` or `fail`; if `send` throws, `fail` too, which never does. */
export interface CheckInReceiver {
  send(answer: CheckInAnswer): void;
  /** @param error a Problem: `check-in-superseded` (409), `agent-unauthorized` (401), `hub-stopping` (503) */
  fail(error: unknown): void;
  /** See {@link Hold.onClose}; called only for a check-in that is held. */
  onClose(listener: () => void): void;
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
  readonly #tags = new StateTags();

  constructor(options: CheckInsOptions) {
    this.#options = options;
  }

  /**
   * Answers one check-in: in the same turn, unless it is held or its answer carries a credential.
   * @throws Problem `agent-unauthorized` (401) if the instance was removed
   */
  answer(checkIn: CheckIn, receiver: CheckInReceiver): void {
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
    if (waitMs <= 0 || this.hasChanges(checkIn, live)) this.answerNow(checkIn, live, receiver);
    else live.held.hold(new WaitingCheckIn(this, checkIn, live, receiver, waitMs));
  }

  /** Whether the agent has a change to receive. */
  hasChanges(checkIn: CheckIn, live: LiveEnvironment): boolean {
    const current = this.#current(checkIn, live);
    if (!current || offersAreDue(checkIn, live)) return true;
    return this.#tags.of(this.#state(current, checkIn, live)) !== checkIn.etag;
  }

  /** Answers with the current state. @throws Problem as `answer` */
  answerNow(checkIn: CheckIn, live: LiveEnvironment, receiver: CheckInReceiver): void {
    const environment = this.#current(checkIn, live);
    if (!environment) throw problem('agent-unauthorized');
    const offers = issueOffers(environment, checkIn, live);
    const reply = this.#state(environment, checkIn, live);
    const etag = this.#tags.of(reply);
    if (!offers) {
      receiver.send({ etag, body: etag === checkIn.etag ? null : reply });
      return;
    }
    offers
      .then((offered) => receiver.send({ etag, body: { ...reply, ...offered } }))
      .catch((error: unknown) => receiver.fail(error));
  }

  #state(environment: Environment, { instance }: CheckIn, live: LiveEnvironment): CheckInReply {
    return stateFor(environment, instance, this.#options.store.settings(), live, this.#options.live.bootId);
  }

  /** The current environment, if the instance still belongs to it, has the same secret, and its key is still valid. */
  #current({ environment, instance }: CheckIn, { clock }: LiveEnvironment): Environment | null {
    const now = this.#options.store.environment(environment.id);
    if (!now?.instances.some(({ id, secret }) => id === instance.id && secret === instance.secret))
      return null;
    const key = now.keys.find(({ generation }) => generation === instance.keyGeneration);
    return key && isKeyValid(key, clock.now()) ? now : null;
  }
}

/** A check-in that is held. */
class WaitingCheckIn implements Hold {
  readonly instanceId: string;
  readonly waitMs: number;
  readonly retryMs: number | null;
  readonly #checkIns: CheckIns;
  readonly #checkIn: CheckIn;
  readonly #live: LiveEnvironment;
  readonly #receiver: CheckInReceiver;

  constructor(
    checkIns: CheckIns,
    checkIn: CheckIn,
    live: LiveEnvironment,
    receiver: CheckInReceiver,
    waitMs: number,
  ) {
    this.instanceId = checkIn.instance.id;
    this.waitMs = waitMs;
    this.retryMs = offerRetryMs(checkIn, live);
    this.#checkIns = checkIns;
    this.#checkIn = checkIn;
    this.#live = live;
    this.#receiver = receiver;
  }

  hasChanges(): boolean {
    return this.#checkIns.hasChanges(this.#checkIn, this.#live);
  }

  answer(): void {
    try {
      this.#checkIns.answerNow(this.#checkIn, this.#live, this.#receiver);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#receiver.fail(error);
  }

  onClose(listener: () => void): void {
    this.#receiver.onClose(listener);
  }
}
