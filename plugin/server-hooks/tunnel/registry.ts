import type { Clock } from '../../../protocol/time/clock.js';
import type { Grant } from './credentials.js';
import { TunnelSlot, type TunnelState } from './slot.js';
import type { Tunnel } from './tunnel.js';

export interface TunnelRegistryOptions {
  readonly clock: Clock;
  /** Idle time from the hub's settings, ms. */
  readonly inactivityMs: () => number;
  /** Changes with each hub start. */
  readonly bootId: string;
}

/** Interval between checks for overdue tunnels, ms. */
const SWEEP_MS = 5_000;

/** The slots of one environment: its own, and those of its nodes by instance. */
interface Slots {
  environment?: TunnelSlot;
  readonly nodes: Map<string, TunnelSlot>;
}

/** All tunnels of the hub: a slot for each environment and node, created on first use. */
export class TunnelRegistry {
  readonly #options: TunnelRegistryOptions;
  readonly #slots = new Map<number, Slots>();
  readonly #listeners = new Set<(environmentId: number) => void>();
  readonly #lossListeners = new Set<(tunnel: Tunnel) => void>();
  #cancelSweep: (() => void) | null = null;
  #leases = 0;

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
    for (const slot of this.#all()) slot.revoke('stopping');
    this.#slots.clear();
  }

  /** The slot of an environment or, with an instance, of its node. */
  slot(environmentId: number, instanceId?: string): TunnelSlot {
    let slots = this.#slots.get(environmentId);
    if (!slots) {
      slots = { nodes: new Map() };
      this.#slots.set(environmentId, slots);
    }
    if (instanceId === undefined) {
      slots.environment ??= this.#newSlot(environmentId);
      return slots.environment;
    }
    let slot = slots.nodes.get(instanceId);
    if (!slot) {
      slot = this.#newSlot(environmentId);
      slots.nodes.set(instanceId, slot);
    }
    return slot;
  }

  /** The slot of a grant. */
  slotOf({ environmentId, instanceId, purpose }: Grant): TunnelSlot {
    return this.slot(environmentId, purpose === 'node' ? instanceId : undefined);
  }

  /** The slot if it exists; does not create one. */
  peek(environmentId: number, instanceId?: string): TunnelSlot | undefined {
    const slots = this.#slots.get(environmentId);
    return instanceId === undefined ? slots?.environment : slots?.nodes.get(instanceId);
  }

  /** The state of a slot; does not create one. */
  state(environmentId: number, instanceId?: string): TunnelState {
    return this.peek(environmentId, instanceId)?.state ?? 'idle';
  }

  /** Active and waiting calls in all of an environment's slots. */
  uses(environmentId: number): number {
    let uses = 0;
    for (const slot of this.#slotsOf(environmentId)) uses += slot.uses;
    return uses;
  }

  /** Revokes all of an environment's slots, including its nodes'. */
  revoke(environmentId: number): void {
    const slots = this.#slots.get(environmentId);
    for (const slot of slots?.nodes.values() ?? []) slot.revoke();
    slots?.nodes.clear();
    slots?.environment?.revoke();
  }

  /** Revokes an instance's slots: its node's, and the environment's if it is the leader. */
  revokeInstance(environmentId: number, instanceId: string): void {
    const { environment, nodes } = this.#slots.get(environmentId) ?? {};
    nodes?.get(instanceId)?.revoke();
    const holder = environment?.tunnel?.grant.instanceId ?? environment?.lease?.instanceId;
    if (holder === instanceId) environment?.revoke();
  }

  /** Removes and revokes the slots of all other nodes. */
  keepNodes(environmentId: number, instanceIds: ReadonlySet<string>): void {
    const { nodes } = this.#slots.get(environmentId) ?? {};
    for (const [id, slot] of [...(nodes ?? [])]) {
      if (instanceIds.has(id)) continue;
      nodes?.delete(id);
      slot.revoke();
    }
  }

  /** Removes and revokes a deleted environment's slots. */
  remove(environmentId: number): void {
    this.revoke(environmentId);
    this.#slots.delete(environmentId);
  }

  /** Calls `listener` synchronously after each change of a slot; returns the unsubscribe function. */
  onChange(listener: (environmentId: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` for each tunnel that ended by itself, before the change listeners. */
  onLost(listener: (tunnel: Tunnel) => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  #newSlot(environmentId: number): TunnelSlot {
    const { clock, inactivityMs, bootId } = this.#options;
    return new TunnelSlot({
      clock,
      inactivityMs,
      onChange: () => this.#changed(environmentId),
      onLost: (tunnel) => {
        for (const listener of this.#lossListeners) listener(tunnel);
      },
      newEpoch: () => `${bootId}.${++this.#leases}`,
    });
  }

  #changed(environmentId: number): void {
    for (const listener of this.#listeners) listener(environmentId);
  }

  #sweep(): void {
    for (const slot of this.#all()) if (slot.isOverdue()) slot.closeIdle();
  }

  *#all(): Generator<TunnelSlot> {
    for (const id of this.#slots.keys()) yield* this.#slotsOf(id);
  }

  *#slotsOf(environmentId: number): Generator<TunnelSlot> {
    const { environment, nodes } = this.#slots.get(environmentId) ?? {};
    if (environment) yield environment;
    if (nodes) yield* nodes.values();
  }
}
