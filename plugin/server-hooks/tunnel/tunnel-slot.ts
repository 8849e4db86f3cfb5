import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Tunnel, TunnelEnd } from './tunnel.js';

/** What everybody calls the three states. */
export type TunnelState = 'idle' | 'required' | 'active';

/** A tunnel, and a hold on it that counts as use until `leave` is called (once is enough). */
export interface TunnelHold {
  readonly tunnel: Tunnel;
  readonly leave: () => void;
}

/** Who may fill a slot; the epoch is another each time, and fences whoever might before. */
export interface TunnelLease {
  readonly instanceId: string;
  readonly epoch: string;
}

interface Waiter {
  resolve(tunnel: Tunnel): void;
  reject(error: EdgeError): void;
}

export interface TunnelSlotOptions {
  readonly clock: Clock;
  /** How long a demand lasts without being renewed, ms. Read anew each time: it is a setting. */
  readonly inactivityMs: () => number;
  /** Called after each change of state or tunnel, synchronously. */
  readonly onChange: () => void;
  /** Called when a tunnel ended that nobody here ended, synchronously, before `onChange`; its lease is gone, too. */
  readonly onLost: (tunnel: Tunnel) => void;
  /** Never the same twice, over starts of the hub neither. */
  readonly newEpoch: () => string;
}

/** How long after its own idle time the hub closes a tunnel whose agent did not, ms. */
const BACKSTOP_MS = 30_000;
/** How long a check-in may be on its way, ms. */
const JUST_OPENED_MS = 3_000;

/**
 * The place of one tunnel, an environment's or a node's: who wants it, who waits for it, who may open it, and the
 * tunnel itself.
 */
export class TunnelSlot {
  readonly #options: TunnelSlotOptions;
  readonly #waiters = new Set<Waiter>();
  #tunnel: Tunnel | null = null;
  #lease: TunnelLease | null = null;
  /** Monotonic ms at which it was put in. */
  #attachedMs = 0;
  #calls = 0;
  /** Monotonic ms of the last use or demand; null: none since the last idle close or revocation. */
  #lastUseMs: number | null = null;

  constructor(options: TunnelSlotOptions) {
    this.#options = options;
  }

  get tunnel(): Tunnel | null {
    return this.#tunnel;
  }

  get lease(): TunnelLease | null {
    return this.#lease;
  }

  /** Calls under way or waiting. */
  get uses(): number {
    return this.#calls + this.#waiters.size;
  }

  get state(): TunnelState {
    if (this.#tunnel) return 'active';
    return this.#isWanted() ? 'required' : 'idle';
  }

  /** An operator or a call needs the tunnel. */
  demand(): void {
    const before = this.state;
    this.#lastUseMs = this.#options.clock.monotonic();
    if (before === 'idle') this.#options.onChange();
  }

  /** A sign of an open session: prolongs what is, wakes nothing. Returns the state. */
  keepAlive(): TunnelState {
    const state = this.state;
    if (state !== 'idle') this.#lastUseMs = this.#options.clock.monotonic();
    this.#tunnel?.keepAlive();
    return state;
  }

  /**
   * Demands the tunnel, waits for it and takes a hold on it. The wait counts as use, and there is no
   * moment between wait and hold at which the tunnel could be closed as idle.
   * @throws EdgeError `tunnel-timeout` (504) after `waitMs`, `tunnel-closed` (503) on revocation, or
   *   the signal's reason
   */
  acquire(waitMs: number, signal: AbortSignal): Promise<TunnelHold> {
    if (this.#tunnel) return Promise.resolve({ tunnel: this.#tunnel, leave: this.#enter() });
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiters.delete(waiter);
        cancel();
        signal.removeEventListener('abort', aborted);
      };
      const waiter: Waiter = {
        resolve: (tunnel) => {
          settle();
          resolve({ tunnel, leave: this.#enter() });
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const aborted = () => waiter.reject(signal.reason);
      const cancel = this.#options.clock.after(waitMs, () =>
        waiter.reject(
          new EdgeError('tunnel-timeout', 'The environment did not open its tunnel in time', {
            status: 504,
            retryAfterSeconds: 5,
          }),
        ),
      );
      this.#waiters.add(waiter);
      if (signal.aborted) aborted();
      else {
        signal.addEventListener('abort', aborted);
        this.demand();
      }
    });
  }

  /** Gives the lease to an instance, a new one unless it has it already; another's tunnel ends. */
  grant(instanceId: string): TunnelLease {
    if (this.#lease?.instanceId === instanceId) return this.#lease;
    const lease = { instanceId, epoch: this.#options.newEpoch() };
    this.#lease = lease;
    this.#drop('superseded');
    this.#options.onChange();
    return lease;
  }

  /** Takes the lease away, and with it the tunnel that stands by it. The demand stays. */
  withdraw(): void {
    if (!this.#lease) return;
    this.#lease = null;
    this.#drop('superseded');
    this.#options.onChange();
  }

  /**
   * Puts a tunnel in; an older one is superseded: the newest authenticated one wins.
   * @throws EdgeError `credential-revoked` (401) for one whose lease is over
   */
  attach(tunnel: Tunnel): void {
    if (tunnel.grant.epoch !== this.#lease?.epoch) {
      throw new EdgeError('credential-revoked', 'Its right was withdrawn meanwhile', { status: 401 });
    }
    const older = this.#tunnel;
    this.#tunnel = tunnel;
    this.#attachedMs = this.#options.clock.monotonic();
    tunnel.closed.addEventListener('abort', () => this.#detach(tunnel));
    older?.close('superseded');
    for (const waiter of [...this.#waiters]) waiter.resolve(tunnel);
    this.#options.onChange();
  }

  /**
   * The agent that holds the tunnel says which one it has open. Where that is another, the hub's is dead
   * and does not know yet; one that opened while the word was on its way is left alone.
   */
  reconcile(instanceId: string, openTunnelId: string): void {
    const tunnel = this.#tunnel;
    if (!tunnel || tunnel.grant.instanceId !== instanceId || tunnel.id === openTunnelId) return;
    if (this.#options.clock.monotonic() - this.#attachedMs > JUST_OPENED_MS) tunnel.close('lost');
  }

  /** Forgets the demand and ends the tunnel: nobody uses it. */
  closeIdle(): void {
    this.#lastUseMs = null;
    this.#close('idle');
  }

  /** Ends tunnel, calls and waits at once. */
  revoke(end: 'revoked' | 'stopping' = 'revoked'): void {
    this.#lastUseMs = null;
    const error = new EdgeError('tunnel-closed', 'The tunnel was closed', { status: 503 });
    for (const waiter of [...this.#waiters]) waiter.reject(error);
    this.#close(end);
  }

  /** Whether the agent should have closed by now and nobody uses the tunnel. */
  isOverdue(): boolean {
    if (!this.#tunnel || this.uses > 0 || this.#lastUseMs === null) return false;
    return this.#options.clock.monotonic() - this.#lastUseMs > this.#tunnel.inactivityMs + BACKSTOP_MS;
  }

  /** Counts a call in; the returned function counts it out once. */
  #enter(): () => void {
    this.#calls++;
    this.#lastUseMs = this.#options.clock.monotonic();
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#calls--;
      if (this.#lastUseMs !== null) this.#lastUseMs = this.#options.clock.monotonic();
    };
  }

  #isWanted(): boolean {
    if (this.#lastUseMs === null) return false;
    if (this.uses > 0) return true;
    return this.#options.clock.monotonic() - this.#lastUseMs < this.#options.inactivityMs();
  }

  #close(end: 'idle' | 'revoked' | 'stopping'): void {
    this.#lease = null;
    this.#drop(end);
    this.#options.onChange();
  }

  #drop(end: TunnelEnd): void {
    const tunnel = this.#tunnel;
    this.#tunnel = null;
    tunnel?.close(end);
  }

  #detach(tunnel: Tunnel): void {
    if (this.#tunnel !== tunnel) return;
    this.#tunnel = null;
    this.#lease = null;
    this.#options.onLost(tunnel);
    this.#options.onChange();
  }
}
