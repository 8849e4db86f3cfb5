import type { CheckInAnswer } from '../../../plugin/server-hooks/agents/check-ins.js';
import type { Instance } from '../../../plugin/server-hooks/model/environment.js';
import type { Grant } from '../../../plugin/server-hooks/tunnel/credentials.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { openCredential } from '../../../protocol/crypto/credential.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { answerTo } from '../hub/check-in-bench.js';
import type { SeededRandom } from '../seeded-random.js';
import type { LeaseHub } from './hub.js';

/** What a simulated agent is given. */
export interface AgentDeps {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly credentialKey: Uint8Array;
  hub(): LeaseHub;
  /** The agent as the hub has it stored; enrols it where the hub forgot it. */
  instance(agent: LeaseAgent): Instance;
  /** Spends a token. @throws Problem */
  present(instance: Instance, token: string): TunnelSession;
  /** Right after a check-in of the agent has started, before it is answered or held. */
  checkedIn(agent: LeaseAgent): void;
  /** The hub's answer, whether or not the agent is there to get it. */
  arrived(answer: CheckInAnswer): void;
  /** Runs work that the clock does not wait for; the simulation continues when it is over. */
  busy(work: Promise<unknown>): void;
}

type Purpose = Grant['purpose'];
interface Keeper {
  tunnel: TunnelSession | null;
  isOpening: boolean;
  failures: number;
  /** Of the newest credential: what it shows once it is connected. */
  token: string;
}

/** Ends that the hub decided: an agent does not reconnect immediately. */
const DECIDED = new Set<string | null>(['idle', 'revoked', 'superseded']);
/** Minimum time between two check-ins, ms. */
const PACE_MS = 20;
const INTERVAL_MS = 5_000;

/** An agent as the real one acts, but for its sockets: the loop of check-ins, and what keeps its two tunnels. */
export class LeaseAgent {
  readonly id: string;
  readonly nodeId: string;
  /** Whether its tunnels open when they may. */
  canOpen = true;
  /** Duration of a failed attempt, ms. */
  failMs = 300;
  /** Minimum duration of an attempt, ms. */
  dialMs = 0;
  holds = true;
  engine: 'up' | 'down' = 'up';
  /** When it last tried to open the environment's tunnel, and when it last did, monotonic ms. */
  triedMs = Number.NEGATIVE_INFINITY;
  openedMs = Number.NEGATIVE_INFINITY;
  readonly #simulation: AgentDeps;
  readonly #keepers: Record<Purpose, Keeper> = {
    environment: { tunnel: null, isOpening: false, failures: 0, token: '' },
    node: { tunnel: null, isOpening: false, failures: 0, token: '' },
  };
  #isOn = true;
  #etag: string | undefined;
  #call: AbortController | null = null;
  #cancelNext = () => {};

  constructor(id: string, nodeId: string, simulation: AgentDeps) {
    this.id = id;
    this.nodeId = nodeId;
    this.#simulation = simulation;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Checks in after `ms`, replacing a check-in in progress: there is something to report. */
  kick(ms = 0): void {
    if (!this.#isOn) return;
    this.#etag = undefined;
    this.#call?.abort();
    this.#call = null;
    this.#next(ms);
  }

  /** Its link is cut, or the agent is dead; the hub notices immediately, or by silence only. */
  cut(isSilent: boolean): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#cancelNext();
    if (!isSilent) this.#call?.abort();
    this.#call = null;
    for (const keeper of Object.values(this.#keepers)) {
      const { tunnel } = keeper;
      Object.assign(keeper, { tunnel: null, isOpening: false });
      if (isSilent) this.#simulation.clock.after(10_000, () => tunnel?.close('silent'));
      else tunnel?.close('lost');
    }
  }

  mend(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.kick(this.#simulation.random.between(0, 1_000));
  }

  /** The hub ended, and is back. */
  hubLost(): void {
    for (const keeper of Object.values(this.#keepers)) keeper.tunnel = null;
    this.kick(this.#simulation.random.between(0, 1_000));
  }

  /** From now on it works: no backoff is left. Its connection to the hub may stay slow. */
  heal(dialMs = 0): void {
    this.canOpen = true;
    this.dialMs = dialMs;
    this.engine = 'up';
    for (const keeper of Object.values(this.#keepers))
      Object.assign(keeper, { isOpening: false, failures: 0 });
    this.mend();
    this.kick();
  }

  /** Offers the end of its unused environment tunnel, as its idle clock does. */
  closeIdle(): void {
    const { tunnel } = this.#keepers.environment;
    const slot = this.#simulation.hub().environment.tunnels.peek();
    if (!tunnel || slot?.tunnel !== tunnel || slot.uses > 0) return;
    this.#simulation.hub().environment.credentials.revokeOf(tunnel.grant);
    slot.closeIdle();
  }

  #next(ms: number): void {
    this.#cancelNext();
    this.#cancelNext = this.#simulation.clock.after(ms, () => this.#checkIn());
  }

  #checkIn(): void {
    const call = new AbortController();
    this.#call = call;
    const hub = this.#simulation.hub();
    const instance = this.#simulation.instance(this);
    const environment = hub.store.environment(1);
    if (!environment) throw new Error('the environment is missing');
    const [tunnel, nodeTunnel] = [this.#state('environment'), this.#state('node')];
    const query = { engine: this.engine, tunnel, nodeTunnel };
    const waitSeconds = this.holds ? 50 : 0;
    const checkIn = { environment, instance, query, etag: this.#etag, waitSeconds };
    const answer = answerTo(hub.checkIns, checkIn, call.signal);
    this.#simulation.checkedIn(this);
    void answer.then(
      (answer) => {
        this.#simulation.arrived(answer);
        this.#simulation.busy(this.#answered(call, instance, answer));
      },
      () => {
        if (this.#call === call) this.kick(this.#simulation.random.between(0, 1_000));
      },
    );
  }

  async #answered(call: AbortController, instance: Instance, { etag, body }: CheckInAnswer): Promise<void> {
    if (this.#call !== call) return;
    this.#call = null;
    this.#etag = etag;
    this.#next(this.holds ? PACE_MS : INTERVAL_MS);
    if (!body) return;
    await Promise.all([
      this.#apply('environment', instance, body.tunnel, body.credential),
      this.#apply('node', instance, body.nodeTunnel ?? 'idle', body.nodeCredential),
    ]);
  }

  async #apply(purpose: Purpose, instance: Instance, state: string, sealed?: string): Promise<void> {
    const keeper = this.#keepers[purpose];
    if (sealed === undefined) {
      if (state === 'idle' || state === 'standby') keeper.tunnel?.close('lost');
      return;
    }
    const isFirst = !keeper.isOpening;
    keeper.isOpening = true;
    if (purpose === 'environment') this.triedMs = this.#simulation.clock.monotonic();
    const { credentialKey, clock, random } = this.#simulation;
    const { token } = await openCredential(credentialKey, sealed, { env: 1, instance: this.id, purpose });
    keeper.token = token;
    if (!isFirst) return;
    const ms = this.canOpen ? this.dialMs + random.between(0, 300) : this.failMs;
    clock.after(ms, () => this.#open(keeper, instance));
  }

  #open(keeper: Keeper, instance: Instance): void {
    if (!this.#isOn || !keeper.isOpening) return;
    try {
      if (!this.canOpen) throw new Error('hub-unreachable');
      const tunnel = this.#simulation.present(instance, keeper.token);
      Object.assign(keeper, { tunnel, isOpening: false, failures: 0 });
      if (keeper === this.#keepers.environment) this.openedMs = this.#simulation.clock.monotonic();
      tunnel.closed.addEventListener('abort', () => this.#lost(keeper, tunnel));
    } catch {
      const pauseMs = this.#simulation.random.between(0, Math.min(30_000, 250 * 2 ** keeper.failures++));
      this.#simulation.clock.after(pauseMs, () => {
        if (!keeper.isOpening) return;
        keeper.isOpening = false;
        this.kick();
      });
    }
  }

  #lost(keeper: Keeper, tunnel: TunnelSession): void {
    if (keeper.tunnel !== tunnel) return;
    keeper.tunnel = null;
    if (this.#isOn && !DECIDED.has(tunnel.end)) this.kick();
  }

  #state(purpose: Purpose): string {
    const { tunnel, isOpening } = this.#keepers[purpose];
    return tunnel?.id ?? (isOpening ? 'opening' : 'none');
  }
}
