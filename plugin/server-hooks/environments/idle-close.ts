import { EdgeError } from '../../../protocol/edge-error.js';
import type { Store } from '../store/store.js';
import type { TunnelCredentials } from '../tunnel/tunnel-credentials.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';
import type { EncodedSnapshot } from './snapshot-file.js';
import type { SnapshotRequests } from './snapshot-requests.js';

export interface IdleCloseOptions {
  readonly store: Store;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly snapshotDesk: SnapshotRequests;
}

/** The end of an unused tunnel, offered by the agent, who owns the clock. */
export class IdleClose {
  readonly #options: IdleCloseOptions;

  constructor(options: IdleCloseOptions) {
    this.#options = options;
  }

  /**
   * Takes the snapshot, then closes in one turn: either a call is under way, or the tunnel is gone for
   * every call that comes after.
   * @throws EdgeError `tunnel-unknown` (404), `tunnel-in-use` (409)
   */
  async close(agent: AuthenticatedAgent, tunnelId: string, snapshot: EncodedSnapshot | null): Promise<void> {
    const { credentials, snapshotDesk } = this.#options;
    this.requireOpen(agent, tunnelId);
    if (snapshot) await snapshotDesk.acceptAtClose(agent, snapshot);
    const slot = this.requireOpen(agent, tunnelId);
    if (slot.uses > 0) {
      throw new EdgeError('tunnel-in-use', 'A call is under way: the tunnel stays', { status: 409 });
    }
    if (slot.tunnel) credentials.revokeOf(slot.tunnel.grant);
    slot.closeIdle();
  }

  /**
   * To be asked before the body is read.
   * @throws EdgeError `tunnel-unknown` (404): none of the agent's tunnels is open
   */
  requireAny({ environment, instance }: AuthenticatedAgent): void {
    const isOpen = [undefined, instance.id].some(
      (of) => this.#options.registry.peek(environment.id, of)?.tunnel?.grant.instanceId === instance.id,
    );
    if (!isOpen) throw unknownTunnel();
  }

  /** @throws EdgeError `tunnel-unknown` (404) */
  requireOpen({ environment, instance }: AuthenticatedAgent, tunnelId: string) {
    for (const of of [undefined, instance.id]) {
      const slot = this.#options.registry.peek(environment.id, of);
      if (slot?.tunnel?.id === tunnelId && slot.tunnel.grant.instanceId === instance.id) return slot;
    }
    throw unknownTunnel();
  }
}

function unknownTunnel(): EdgeError {
  return new EdgeError('tunnel-unknown', 'This tunnel is not open here', { status: 404 });
}
