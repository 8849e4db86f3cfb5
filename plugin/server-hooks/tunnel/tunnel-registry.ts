import type { Clock } from '../../../protocol/clock.js';
import type { Tunnel } from './tunnel.js';
import type { Grant } from './tunnel-credentials.js';
import { TunnelSlot, type TunnelState } from './tunnel-slot.js';

export interface TunnelRegistryOptions {
  readonly clock: Clock;
  /** Idle time of an environment as the hub's settings have it, ms. */
  readonly inactivityMs: () => number;
  /** Changes with each start of the hub. */
  readonly bootId: string;
}

/** How often the hub looks for tunnels that their agents should have closed, ms. */
const SWEEP_MS = 5_000;

/** The slots of one environment: its own, and those of single nodes, by the instance that serves them. */
interface Slots {
  environment?: TunnelSlot;
  readonly nodes: Map<string, TunnelSlot>;
}

/** All tunnels of the hub: a slot for each environment and each node of one, made when first asked for. */
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

  /** The slot of an environment, or with an instance that of its node. */
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

  /** The slot that a grant is for. */
  slotOf({ environmentId, instanceId, purpose }: Grant): TunnelSlot {
    return this.slot(environmentId, purpose === 'node' ? instanceId : undefined);
  }

  /** The slot if there is one: what it holds is no reason to make one. */
  peek(environmentId: number, instanceId?: string): TunnelSlot | undefined {
    const slots = this.#slots.get(environmentId);
    return instanceId === undefined ? slots?.environment : slots?.nodes.get(instanceId);
  }

  /** Its state; makes no slot. */
  state(environmentId: number, instanceId?: string): TunnelState {
    return this.peek(environmentId, instanceId)?.state ?? 'idle';
  }

  /** Calls under way or waiting in all of an environment's slots. */
  uses(environmentId: number): number {
    let uses = 0;
    for (const slot of this.#slotsOf(environmentId)) uses += slot.uses;
    return uses;
  }

  /** Ends whatever an environment's slots hold, its nodes' too. */
  revoke(environmentId: number): void {
    const slots = this.#slots.get(environmentId);
    for (const slot of slots?.nodes.values() ?? []) slot.revoke();
    slots?.nodes.clear();
    slots?.environment?.revoke();
  }

  /** Ends what one instance holds: the tunnel to its node, and the environment's where it is the leader. */
  revokeInstance(environmentId: number, instanceId: string): void {
    const { environment, nodes } = this.#slots.get(environmentId) ?? {};
    nodes?.get(instanceId)?.revoke();
    const holder = environment?.tunnel?.grant.instanceId ?? environment?.lease?.instanceId;
    if (holder === instanceId) environment?.revoke();
  }

  /** Drops the slots of nodes whose instances are none of these, ending what they hold. */
  keepNodes(environmentId: number, instanceIds: ReadonlySet<string>): void {
    const { nodes } = this.#slots.get(environmentId) ?? {};
    for (const [id, slot] of [...(nodes ?? [])]) {
      if (instanceIds.has(id)) continue;
      nodes?.delete(id);
      slot.revoke();
    }
  }

  /** Drops a deleted environment's slots, ending what they hold. */
  remove(environmentId: number): void {
    this.revoke(environmentId);
    this.#slots.delete(environmentId);
  }

  /** Calls `listener` synchronously after each change of a slot; returns a function that ends it. */
  onChange(listener: (environmentId: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same for each tunnel that ended by itself, before the change is told. */
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
