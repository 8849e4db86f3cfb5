import { problem } from '../../../protocol/problems.js';
import type { AuthenticatedAgent } from '../agents/authenticate-agent.js';
import type { Store } from '../store/store.js';
import type { TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { EncodedSnapshot } from './encode.js';
import type { SnapshotRequests } from './requests.js';

export interface IdleCloseOptions {
  readonly store: Store;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly snapshotRequests: SnapshotRequests;
}

/** Closes an unused tunnel when its agent asks for it; the agent owns the clock. */
export class IdleClose {
  readonly #options: IdleCloseOptions;

  constructor(options: IdleCloseOptions) {
    this.#options = options;
  }

  /**
   * Stores the snapshot, then closes in one turn: either a call is in progress, or the tunnel is closed for every later
   * call.
   * @throws Problem `tunnel-unknown` (404), `tunnel-in-use` (409)
   */
  async close(agent: AuthenticatedAgent, tunnelId: string, snapshot: EncodedSnapshot | null): Promise<void> {
    const { credentials, snapshotRequests } = this.#options;
    this.requireOpen(agent, tunnelId);
    if (snapshot) await snapshotRequests.acceptAtClose(agent, snapshot);
    const slot = this.requireOpen(agent, tunnelId);
    if (slot.uses > 0) {
      throw problem('tunnel-in-use');
    }
    if (slot.tunnel) credentials.revokeOf(slot.tunnel.grant);
    slot.closeIdle();
  }

  /**
   * Check this before the body is read.
   * @throws Problem `tunnel-unknown` (404): none of the agent's tunnels is open
   */
  requireAny({ environment, instance }: AuthenticatedAgent): void {
    const isOpen = [undefined, instance.id].some(
      (of) => this.#options.registry.peek(environment.id, of)?.tunnel?.grant.instanceId === instance.id,
    );
    if (!isOpen) throw problem('tunnel-unknown');
  }

  /** @throws Problem `tunnel-unknown` (404) */
  requireOpen({ environment, instance }: AuthenticatedAgent, tunnelId: string) {
    for (const of of [undefined, instance.id]) {
      const slot = this.#options.registry.peek(environment.id, of);
      if (slot?.tunnel?.id === tunnelId && slot.tunnel.grant.instanceId === instance.id) return slot;
    }
    throw problem('tunnel-unknown');
  }
}
