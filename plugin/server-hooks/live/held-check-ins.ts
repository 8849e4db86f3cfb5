import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { SmallMap } from '../model/small-map.js';
import type { Presence } from './presence.js';
import type { Expiring, SharedDeadline, SharedDeadlines } from './shared-deadlines.js';

/** A check-in whose answer waits for a change. */
export interface Hold {
  readonly instanceId: string;
  /** Longest wait, ms. */
  readonly waitMs: number;
  /** When to evaluate it although nothing changed, ms; null: never. */
  readonly retryMs: number | null;
  /** Whether the agent has a change to receive. */
  hasChanges(): boolean;
  /** Answers with the current state. Called once, or `fail` is, and never during the change that caused it. */
  answer(): void;
  fail(error: Problem): void;
  /** Calls `listener` when the connection closes, immediately if it has; perhaps also after the answer, when nothing waits for it any more. */
  onClose(listener: () => void): void;
}

/** The environment of held check-ins. */
export interface HoldOwner {
  readonly clock: Clock;
  readonly presence: Presence;
  /** Called when the connection of a held check-in closed. */
  disconnected(instanceId: string): void;
}

/** The held check-ins of one environment, one for each agent at most. */
export class HeldCheckIns {
  readonly #owner: HoldOwner;
  readonly #deadlines: SharedDeadlines;
  readonly #held = new SmallMap<HeldCheckIn>();

  constructor(owner: HoldOwner, deadlines: SharedDeadlines) {
    this.#owner = owner;
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Ends those with changes for their agents. */
  evaluate(): void {
    for (const held of this.#held.values()) held.evaluate();
  }

  /** Answers an instance's held check-in immediately; a live agent then checks in again. */
  answer(instanceId: string): void {
    this.#held.get(instanceId)?.end(null);
  }

  /** Ends an instance's held check-in: a newer one arrived. */
  supersede(instanceId: string): void {
    this.#held.get(instanceId)?.end(problem('check-in-superseded'));
  }

  /** Ends all with an error. */
  end(error: Problem): void {
    for (const held of this.#held.values()) held.end(error);
  }

  /** Answers on a change, at the end of the wait, or when the agent disconnects. */
  hold(hold: Hold): void {
    const { instanceId } = hold;
    const held = new HeldCheckIn(hold, this.#owner, this.#deadlines, this.#held);
    this.#held.set(instanceId, held);
    hold.onClose(() => {
      if (held.end(null)) this.#owner.disconnected(instanceId);
    });
  }
}

/** One object for each held check-in: a large fleet holds one for each agent. */
class HeldCheckIn implements Expiring {
  readonly #hold: Hold;
  readonly #held: SmallMap<HeldCheckIn>;
  readonly #release: () => void;
  readonly #deadline: SharedDeadline;
  readonly #cancelRetry: (() => void) | null;
  #isOver = false;

  constructor(hold: Hold, owner: HoldOwner, deadlines: SharedDeadlines, held: SmallMap<HeldCheckIn>) {
    const { clock, presence } = owner;
    const { instanceId, waitMs, retryMs } = hold;
    this.#hold = hold;
    this.#held = held;
    this.#release = presence.held(instanceId, waitMs);
    this.#deadline = deadlines.add(waitMs, this);
    this.#cancelRetry = retryMs === null ? null : clock.after(retryMs, () => this.evaluate());
  }

  /** Ends it if there are changes for its agent. */
  evaluate(): void {
    if (!this.#isOver && this.#hold.hasChanges()) this.end(null);
  }

  /** Answers it in this turn: there is no change that it could interrupt. */
  expire(): void {
    if (this.#leave()) this.#hold.answer();
  }

  /** Ends it with an error or, if null, with the current state. @returns false if it had ended before */
  end(error: Problem | null): boolean {
    if (!this.#leave()) return false;
    // The caller may be in the middle of a change.
    queueMicrotask(() => (error ? this.#hold.fail(error) : this.#hold.answer()));
    return true;
  }

  /** @returns false if it had ended before */
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#deadline.cancel(this);
    this.#cancelRetry?.();
    this.#release();
    const { instanceId } = this.#hold;
    if (this.#held.get(instanceId) === this) this.#held.delete(instanceId);
    return true;
  }
}
