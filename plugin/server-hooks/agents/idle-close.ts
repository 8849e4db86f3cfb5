import { type Problem, problem } from '../../../protocol/problems.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { EncodedSnapshot } from '../snapshots/encode.js';
import type { TunnelSlot } from '../tunnel/slot.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

/** Closes an unused tunnel when its agent asks for it; the agent owns the clock. */
export class IdleClose {
  readonly #live: Pick<LiveEnvironments, 'of'>;

  constructor(live: Pick<LiveEnvironments, 'of'>) {
    this.#live = live;
  }

  /**
   * Stores the snapshot, then closes in one turn: either a call is in progress, or the tunnel is closed for every later
   * call.
   * @throws Problem `tunnel-unknown` (404), `tunnel-in-use` (409)
   */
  async close(agent: AuthenticatedAgent, tunnelId: string, snapshot: EncodedSnapshot | null): Promise<void> {
    const { snapshots, credentials } = this.#live.of(agent.environment.id);
    this.#requireOpen(agent, tunnelId);
    if (snapshot) await snapshots.acceptAtClose(agent.instance, snapshot);
    const slot = this.#requireOpen(agent, tunnelId);
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
    if (!this.#live.of(environment.id).tunnels.isOpenTo(instance.id)) throw unknownTunnel();
  }

  #requireOpen({ environment, instance }: AuthenticatedAgent, tunnelId: string): TunnelSlot {
    const { tunnels } = this.#live.of(environment.id);
    for (const slot of [tunnels.peek(), tunnels.peek(instance.id)]) {
      if (slot?.tunnel?.id === tunnelId && slot.tunnel.grant.instanceId === instance.id) return slot;
    }
    throw unknownTunnel();
  }
}

function unknownTunnel(): Problem {
  return problem('tunnel-unknown');
}
