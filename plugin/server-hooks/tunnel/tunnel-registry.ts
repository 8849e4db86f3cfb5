import type { Clock } from '../../../protocol/clock.js';
import { TunnelSlot, type TunnelState } from './tunnel-slot.js';

export interface TunnelRegistryOptions {
  readonly clock: Clock;
  /** Idle time of an environment as the hub's settings have it, ms. */
  readonly inactivityMs: () => number;
}

/** How often the hub looks for tunnels that their agents should have closed, ms. */
const SWEEP_MS = 5_000;

/** All tunnels of the hub, one slot an environment, made when first asked for. */
export class TunnelRegistry {
  readonly #options: TunnelRegistryOptions;
  readonly #slots = new Map<number, TunnelSlot>();
  readonly #listeners = new Set<(environmentId: number) => void>();
  #cancelSweep: (() => void) | null = null;

  constructor(options: TunnelRegistryOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancelSweep ??= this.#options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Ends every tunnel and wait; safe to call twice. */
  stop(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = null;
    for (const slot of this.#slots.values()) slot.revoke('stopping');
    this.#slots.clear();
  }

  /** The slot of an environment. */
  slot(environmentId: number): TunnelSlot {
    let slot = this.#slots.get(environmentId);
    if (!slot) {
      slot = new TunnelSlot({ ...this.#options, onChange: () => this.#changed(environmentId) });
      this.#slots.set(environmentId, slot);
    }
    return slot;
  }

  /** The slot if there is one: what it holds is no reason to make one. */
  peek(environmentId: number): TunnelSlot | undefined {
    return this.#slots.get(environmentId);
  }

  /** Its state; makes no slot. */
  state(environmentId: number): TunnelState {
    return this.#slots.get(environmentId)?.state ?? 'idle';
  }

  /** Drops a deleted environment's slot, ending what it holds. */
  remove(environmentId: number): void {
    this.#slots.get(environmentId)?.revoke();
    this.#slots.delete(environmentId);
  }

  /** Calls `listener` synchronously after each change of a slot; returns a function that ends it. */
  onChange(listener: (environmentId: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(environmentId: number): void {
    for (const listener of this.#listeners) listener(environmentId);
  }

  #sweep(): void {
    for (const slot of this.#slots.values()) if (slot.isOverdue()) slot.closeIdle();
  }
}
