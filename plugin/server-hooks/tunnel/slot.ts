import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import type { TunnelSession } from './session.js';

/** The three states of a slot. */
export type TunnelState = 'idle' | 'required' | 'active';

/** A tunnel and a hold on it that counts as use until `leave` is called (repeated calls do nothing). */
export interface TunnelHold {
  readonly tunnel: TunnelSession;
  readonly leave: () => void;
}

/** The right to fill a slot. The epoch is unique and fences earlier holders. */
export interface TunnelLease {
  readonly instanceId: string;
  readonly epoch: string;
}

interface Waiter {
  resolve(tunnel: TunnelSession): void;
  reject(error: Problem): void;
}

export interface SlotOptions {
  readonly clock: Clock;
  /** How long a demand lasts unless renewed, ms. Read each time: it is a setting. */
  readonly inactivityMs: () => number;
  /** Called after each change of state or tunnel, synchronously. */
  readonly onChange: () => void;
  /** Called when a tunnel was lost, synchronously, before `onChange`; its lease is already cleared. */
  readonly onLost: (tunnel: TunnelSession) => void;
  /** Unique, also across hub restarts. */
  readonly newEpoch: () => string;
}

/** Time after its own idle time at which the hub closes a tunnel whose agent did not, ms. */
const BACKSTOP_MS = 30_000;
/** How long a check-in may be in flight, ms. */
const JUST_OPENED_MS = 3_000;

/**
 * The slot of one tunnel, an environment's or a node's: its demand, waiting calls, lease, and the tunnel itself.
 */
export class TunnelSlot {
  readonly #options: SlotOptions;
  readonly #waiters = new Set<Waiter>();
  #tunnel: TunnelSession | null = null;
  #lease: TunnelLease | null = null;
  /** Monotonic ms at which it was attached. */
  #attachedMs = 0;
  #calls = 0;
  /** Monotonic ms of the last use or demand; null: none since the last idle close or revocation. */
  #lastUseMs: number | null = null;
  /** Monotonic ms of the demand that no tunnel has met yet. */
  #demandedMs: number | null = null;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get tunnel(): TunnelSession | null {
    return this.#tunnel;
  }

  get lease(): TunnelLease | null {
    return this.#lease;
  }

  /** Active and waiting calls. */
  get uses(): number {
    return this.#calls + this.#waiters.size;
  }

  get state(): TunnelState {
    if (this.#tunnel) return 'active';
    return this.#isWanted() ? 'required' : 'idle';
  }

  /** Requests the tunnel for an operator or a call. */
  demand(): void {
    const before = this.state;
    this.#lastUseMs = this.#options.clock.monotonic();
    if (before === 'idle') this.#demandedMs = null;
    if (before !== 'active') this.#demandedMs ??= this.#lastUseMs;
    if (before === 'idle') this.#options.onChange();
  }

  /** Prolongs an open or required tunnel, never wakes one. Returns the state. */
  keepAlive(): TunnelState {
    const state = this.state;
    if (state !== 'idle') this.#lastUseMs = this.#options.clock.monotonic();
    this.#tunnel?.keepAlive();
    return state;
  }

  /**
   * Demands the tunnel, waits for it and holds it. The wait counts as use, and the hold follows it in the
   * same turn, so the tunnel cannot be closed as idle in between.
   * @throws Problem `tunnel-timeout` (504) after `waitMs`, `tunnel-closed` (503) on revocation, or
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
        waiter.reject(problem('tunnel-timeout', { retryAfterSeconds: 5 })),
      );
      this.#waiters.add(waiter);
      if (signal.aborted) aborted();
      else {
        signal.addEventListener('abort', aborted);
        this.demand();
      }
    });
  }

  /** Grants the lease to an instance; keeps it if it has it already, else ends the previous holder's tunnel. */
  grant(instanceId: string): TunnelLease {
    if (this.#lease?.instanceId === instanceId) return this.#lease;
    const lease = { instanceId, epoch: this.#options.newEpoch() };
    this.#lease = lease;
    this.#drop('superseded');
    this.#options.onChange();
    return lease;
  }

  /** Withdraws the lease and ends its tunnel. The demand stays. */
  withdraw(): void {
    if (!this.#lease) return;
    this.#lease = null;
    this.#drop('superseded');
    this.#options.onChange();
  }

  /**
   * Attaches a tunnel and supersedes an older one: the newest authenticated one wins.
   * @returns the time since the demand that it meets, ms; null: there was none
   * @throws Problem `credential-revoked` (401) if its lease was withdrawn
   */
  attach(tunnel: TunnelSession): number | null {
    if (tunnel.grant.epoch !== this.#lease?.epoch) {
      throw problem('credential-revoked', { detail: 'The lease was withdrawn before the agent connected' });
    }
    const older = this.#tunnel;
    this.#tunnel = tunnel;
    this.#attachedMs = this.#options.clock.monotonic();
    const wakeMs = this.#demandedMs === null ? null : this.#attachedMs - this.#demandedMs;
    this.#demandedMs = null;
    tunnel.closed.addEventListener('abort', () => this.#detach(tunnel));
    older?.close('superseded');
    for (const waiter of [...this.#waiters]) waiter.resolve(tunnel);
    this.#options.onChange();
    return wakeMs;
  }

  /**
   * Compares the tunnel with the one that its agent reports open. If they differ, the hub's is dead and is closed,
   * unless it opened while the report was in flight.
   */
  reconcile(instanceId: string, openTunnelId: string): void {
    const tunnel = this.#tunnel;
    if (!tunnel || tunnel.grant.instanceId !== instanceId || tunnel.id === openTunnelId) return;
    if (this.#options.clock.monotonic() - this.#attachedMs > JUST_OPENED_MS) tunnel.close('lost');
  }

  /** Clears the demand and closes the tunnel: it is unused. */
  closeIdle(): void {
    this.#lastUseMs = null;
    this.#close('idle');
  }

  /** Ends tunnel, calls and waits immediately. */
  revoke(end: 'revoked' | 'stopping' = 'revoked'): void {
    this.#lastUseMs = null;
    const error = problem('tunnel-closed');
    for (const waiter of [...this.#waiters]) waiter.reject(error);
    this.#close(end);
  }

  /** Whether the tunnel is unused and the agent should have closed it by now. */
  isOverdue(): boolean {
    if (!this.#tunnel || this.uses > 0 || this.#lastUseMs === null) return false;
    return this.#options.clock.monotonic() - this.#lastUseMs > this.#tunnel.inactivityMs + BACKSTOP_MS;
  }

  /** Counts a call; the returned function ends the count once. */
  #enter(): () => void {
    this.#calls++;
    this.#lastUseMs = this.#options.clock.monotonic();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
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

  #detach(tunnel: TunnelSession): void {
    if (this.#tunnel !== tunnel) return;
    this.#tunnel = null;
    this.#lease = null;
    this.#options.onLost(tunnel);
    this.#options.onChange();
  }
}
