import type { CheckInQuery, CheckInReply } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import { type Credential, sealCredential } from '../../../protocol/credential.js';
import { deriveKey } from '../../../protocol/derived-keys.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { CredentialDesk } from '../tunnel/credential-desk.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';
import { checkInSecondsOf, checkInState, etagOf } from './check-in-state.js';
import type { Presence } from './presence.js';

export interface CheckInsOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly credentials: CredentialDesk;
  readonly clock: Clock;
  /** Changes with each start of the hub. */
  readonly bootId: string;
}

/** A check-in as it arrived; the caller is authenticated. */
export interface CheckIn extends AuthenticatedAgent {
  readonly query: CheckInQuery;
  /** The state the agent knows. */
  readonly etag: string | undefined;
  /** Seconds the agent offers to wait (RFC 7240 `wait`); 0: a plain check-in. */
  readonly waitSeconds: number;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
}

/** The answer: `body` is null where the agent knows the state already (304). */
export interface CheckInAnswer {
  readonly etag: string;
  readonly body: CheckInReply | null;
}

interface Waiter {
  /** Looks at the state anew and ends the hold where there is something to tell. */
  look(): void;
  end(error: EdgeError): void;
}

/** A tunnel not open so long after its credential gets a fresh one, ms. */
const RETRY_MS = 3_000;
/** A change that concerns everyone is told at this rate at most: agents a millisecond. */
const SPREAD_PER_MS = 10;

/**
 * Answers check-ins from the state of that very moment, at once or, held, as soon as it differs from
 * what the agent knows. Between looking at the state and beginning to wait nothing else runs, and each
 * change looks at the waiters: no wake-up is lost. No disk, no lock.
 */
export class CheckIns {
  readonly #options: CheckInsOptions;
  readonly #waiters = new Map<number, Map<string, Waiter>>();
  #unsubscribe: (() => void) | null = null;

  constructor(options: CheckInsOptions) {
    this.#options = options;
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
    for (const waiter of [...(this.#waiters.get(environmentId)?.values() ?? [])]) waiter.look();
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
    const { presence, registry } = this.#options;
    const { environment, instance, query } = checkIn;
    const intervalMs = checkInSecondsOf(environment, this.#options.store) * 1_000;
    presence.heard(environment.id, instance.id, intervalMs, {
      engine: query.engine,
      problem: query.problem ?? null,
    });
    registry.peek(environment.id)?.believe(instance.id, query.tunnel);
    this.#waiters
      .get(environment.id)
      ?.get(instance.id)
      ?.end(new EdgeError('check-in-superseded', 'A newer check-in of this agent came', { status: 409 }));
    const holdMs = Math.min(checkIn.waitSeconds, this.#state(environment).holdSeconds) * 1_000;
    if (holdMs > 0 && !this.#hasNews(checkIn)) await this.#hold(checkIn, holdMs);
    return this.#answerNow(checkIn);
  }

  #hold(checkIn: CheckIn, holdMs: number): Promise<void> {
    const { environment, instance, signal } = checkIn;
    const { clock, presence } = this.#options;
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
        look: () => {
          if (this.#hasNews(checkIn)) done();
        },
        end: (error) => {
          settle();
          reject(error);
        },
      };
      const gone = () => done();
      const cancelHold = clock.after(holdMs, done);
      const age = this.#credentialAgeMs(checkIn);
      if (age !== null && age < RETRY_MS) cancelRetry = clock.after(RETRY_MS - age + 1, waiter.look);
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

  #hasNews(checkIn: CheckIn): boolean {
    const current = this.#current(checkIn);
    return !current || this.#wantsCredential(checkIn) || this.#etag(current) !== checkIn.etag;
  }

  async #answerNow(checkIn: CheckIn): Promise<CheckInAnswer> {
    const environment = this.#current(checkIn);
    if (!environment)
      throw new EdgeError('agent-unauthorized', 'The agent is not known here', { status: 401 });
    const credential = this.#wantsCredential(checkIn) ? this.#issue(environment, checkIn.instance) : null;
    const etag = this.#etag(environment);
    if (!credential && etag === checkIn.etag) return { etag, body: null };
    const reply = this.#state(environment);
    if (!credential) return { etag, body: reply };
    return { etag, body: { ...reply, credential: await credential } };
  }

  /** The environment as it is now, if the instance still belongs to it. */
  #current({ environment, instance }: CheckIn): Environment | null {
    const now = this.#options.store.environment(environment.id);
    return now?.instances.some(({ id }) => id === instance.id) ? now : null;
  }

  #wantsCredential(checkIn: CheckIn): boolean {
    if (this.#options.registry.state(checkIn.environment.id) !== 'required') return false;
    const age = this.#credentialAgeMs(checkIn);
    if (age === null || age >= RETRY_MS) return true;
    // The answer with the last one did not arrive: the agent knows no state, and is not opening a tunnel.
    return checkIn.etag === undefined && checkIn.query.tunnel === 'none';
  }

  #credentialAgeMs({ environment, instance }: CheckIn): number | null {
    return this.#options.credentials.ageMs({
      environmentId: environment.id,
      instanceId: instance.id,
      nodeId: instance.node?.nodeId ?? null,
    });
  }

  /** Issues synchronously, seals afterwards: the state that asked for it is the state it is bound to. */
  #issue(environment: Environment, instance: Instance): Promise<string> {
    const { token, grant } = this.#options.credentials.issue({
      environmentId: environment.id,
      instanceId: instance.id,
      nodeId: instance.node?.nodeId ?? null,
      generation: environment.generation,
      purpose: 'environment',
    });
    const key = environment.keys.find(({ generation }) => generation === instance.keyGeneration);
    if (!key || environment.edgeId === null) {
      throw new EdgeError('agent-unauthorized', 'The key this agent enrolled with is gone', { status: 401 });
    }
    const credential: Credential = {
      env: environment.id,
      instance: instance.id,
      node: grant.nodeId,
      generation: grant.generation,
      purpose: grant.purpose,
      exp: grant.expiresAtMs,
      token,
    };
    return sealCredential(
      deriveKey(environment.edgeId, Buffer.from(key.secretHash, 'base64url'), 'credential'),
      `${environment.id}.${key.generation}`,
      credential,
    );
  }

  #state(environment: Environment): CheckInReply {
    return checkInState(environment, this.#options);
  }

  #etag(environment: Environment): string {
    return etagOf(this.#state(environment));
  }
}
