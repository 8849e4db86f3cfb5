import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { SmallMap } from '../model/small-map.js';
import type { Presence } from './presence.js';

/** The connection of a check-in. */
export interface ClosingConnection {
  /** Calls `listener` when it closes; perhaps also after the answer, when nothing waits for it any more. */
  onClose(listener: () => void): void;
}

/** A check-in whose answer waits for a change. */
export interface Hold {
  readonly instanceId: string;
  /** Longest wait, ms. */
  readonly waitMs: number;
  /** When to evaluate it although nothing changed, ms; null: never. */
  readonly retryMs: number | null;
  /** Whether the agent has a change to receive. */
  readonly hasChanges: () => boolean;
  readonly connection: ClosingConnection;
}

/** The environment of held check-ins. */
export interface HoldOwner {
  readonly clock: Clock;
  readonly presence: Presence;
  /** Called when the connection of a held check-in closed. */
  disconnected(instanceId: string): void;
}

interface Waiter {
  /** Evaluates the state and ends the hold if it changed. */
  evaluate(): void;
  /** Ends the hold with the current state. */
  answer(): void;
  end(error: Problem): void;
}

/** The held check-ins of one environment, one for each agent at most. */
export class HeldCheckIns {
  readonly #owner: HoldOwner;
  readonly #waiters = new SmallMap<Waiter>();

  constructor(owner: HoldOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Ends those with changes for their agents. */
  evaluate(): void {
    for (const waiter of this.#waiters.values()) waiter.evaluate();
  }

  /** Answers an instance's held check-in immediately; a live agent then checks in again. */
  answer(instanceId: string): void {
    this.#waiters.get(instanceId)?.answer();
  }

  /** Ends an instance's held check-in: a newer one arrived. */
  supersede(instanceId: string): void {
    this.#waiters.get(instanceId)?.end(problem('check-in-superseded'));
  }

  /** Ends all with an error. */
  end(error: Problem): void {
    for (const waiter of this.#waiters.values()) waiter.end(error);
  }

  /**
   * Resolves on a change, at the end of the wait, or when the agent disconnects.
   * @throws Problem the reason for which it was ended
   */
  hold({ instanceId, waitMs, retryMs, hasChanges, connection }: Hold): Promise<void> {
    const { clock, presence } = this.#owner;
    return new Promise((resolve, reject) => {
      const release = presence.held(instanceId, waitMs);
      const settle = () => {
        cancelHold();
        cancelRetry?.();
        release();
        if (this.#waiters.get(instanceId) === waiter) this.#waiters.delete(instanceId);
      };
      const answer = () => {
        settle();
        resolve();
      };
      const waiter: Waiter = {
        answer,
        evaluate: () => {
          if (hasChanges()) answer();
        },
        end: (error) => {
          settle();
          reject(error);
        },
      };
      const cancelHold = clock.after(waitMs, answer);
      const cancelRetry = retryMs === null ? null : clock.after(retryMs, waiter.evaluate);
      this.#waiters.set(instanceId, waiter);
      connection.onClose(() => {
        if (this.#waiters.get(instanceId) !== waiter) return;
        answer();
        this.#owner.disconnected(instanceId);
      });
    });
  }
}
