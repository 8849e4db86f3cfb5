import type { TunnelPath } from '../../../protocol/tunnel/tunnel-path.js';
import type { Grant } from './credentials.js';
import { type SlotOptions, TunnelSlot, type TunnelState } from './slot.js';

/** The tunnel slots of one environment: its own, and one for each of its nodes. Each is created on first use. */
export class TunnelSlots {
  readonly #options: SlotOptions;
  #nodes: Map<string, TunnelSlot> | null = null;
  #environment: TunnelSlot | null = null;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** The environment's slot or, with an instance, its node's. */
  slot(instanceId?: string): TunnelSlot {
    if (instanceId === undefined) {
      this.#environment ??= new TunnelSlot(this.#options);
      return this.#environment;
    }
    this.#nodes ??= new Map();
    let slot = this.#nodes.get(instanceId);
    if (!slot) {
      slot = new TunnelSlot(this.#options);
      this.#nodes.set(instanceId, slot);
    }
    return slot;
  }

  /** The slot of a grant. */
  slotOf({ instanceId, purpose }: Pick<Grant, 'instanceId' | 'purpose'>): TunnelSlot {
    return this.slot(purpose === 'node' ? instanceId : undefined);
  }

  /** The slot if it exists; does not create one. */
  peek(instanceId?: string): TunnelSlot | undefined {
    return instanceId === undefined ? (this.#environment ?? undefined) : this.#nodes?.get(instanceId);
  }

  /** The state of a slot; does not create one. */
  state(instanceId?: string): TunnelState {
    return this.peek(instanceId)?.state ?? 'idle';
  }

  /** The path of a slot's open tunnel, or null. */
  path(instanceId?: string): TunnelPath | null {
    return this.peek(instanceId)?.tunnel?.path ?? null;
  }

  /** Whether an instance has the environment's tunnel open, or its node's. */
  isOpenTo(instanceId: string): boolean {
    return (
      this.#environment?.tunnel?.grant.instanceId === instanceId ||
      Boolean(this.#nodes?.get(instanceId)?.tunnel)
    );
  }

  /** Active and waiting calls in all slots. */
  get uses(): number {
    let uses = 0;
    for (const slot of this) uses += slot.uses;
    return uses;
  }

  /** Ends all tunnels, calls and waits. */
  revoke(end?: 'revoked' | 'stopping'): void {
    for (const slot of this.#nodes?.values() ?? []) slot.revoke(end);
    this.#nodes = null;
    this.#environment?.revoke(end);
  }

  /** Revokes an instance's slots: its node's, and the environment's if it is the leader. */
  revokeInstance(instanceId: string): void {
    this.#nodes?.get(instanceId)?.revoke();
    const holder = this.#environment?.tunnel?.grant.instanceId ?? this.#environment?.lease?.instanceId;
    if (holder === instanceId) this.#environment?.revoke();
  }

  /** Removes and revokes the slots of all other nodes. */
  keepNodes(instanceIds: ReadonlySet<string>): void {
    for (const [id, slot] of this.#nodes ?? []) {
      if (instanceIds.has(id)) continue;
      this.#nodes?.delete(id);
      slot.revoke();
    }
  }

  /** Closes unused tunnels that their agents should have closed. */
  closeOverdue(): void {
    // Most environments have none.
    if (!this.#environment && !this.#nodes) return;
    for (const slot of this) if (slot.isOverdue()) slot.closeIdle();
  }

  /** The slots that exist. */
  *[Symbol.iterator](): Generator<TunnelSlot> {
    if (this.#environment) yield this.#environment;
    if (this.#nodes) yield* this.#nodes.values();
  }
}
