import type { ExecutionContext } from 'ava';
import { type Candidate, LeaderElection } from '../../../../plugin/server-hooks/swarm/leader-election.js';
import { TunnelSlot } from '../../../../plugin/server-hooks/tunnel/slot.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';

type Known = { rank: number; isHeld?: boolean; isLive?: boolean };

/** An election among agents that all hold a check-in, if nothing else is said. */
export function setup(agents: Record<string, Known>) {
  const clock = new FakeClock();
  let epochs = 0;
  const slot: TunnelSlot = new TunnelSlot({
    clock,
    inactivityMs: () => 300_000,
    newEpoch: () => `boot.${++epochs}`,
    onChange: () => decide(),
    onLost: (tunnel) => election.lost(tunnel),
  });
  const candidates = (): Candidate[] =>
    Object.entries(agents).map(([instanceId, { rank, isHeld = true, isLive = true }]) => ({
      instanceId,
      nodeId: instanceId,
      rank,
      isHeld,
      isLive,
    }));
  const election: LeaderElection = new LeaderElection({
    id: 1,
    tunnels: { slot: () => slot },
    candidates,
    evaluate: () => decide(),
    clock,
    logger: new LogRecorder(),
  });
  let isDeciding = false;
  const decide = (calling?: string) => {
    // The election itself changes the slot.
    if (isDeciding) return;
    isDeciding = true;
    election.evaluate(calling);
    isDeciding = false;
  };
  return {
    clock,
    election,
    decide,
    slot,
    agents,
    leader: () => slot.lease?.instanceId ?? null,
    /** A plain check-in of the agent arrives. */
    calls: (id: string) => {
      election.recordCheckIn(id);
      decide(id);
    },
    open: async (t: ExecutionContext) => {
      const { instanceId = '', epoch = '' } = slot.lease ?? {};
      const { tunnel } = await tunnelPair(t, { clock, instanceId, epoch, id: `of-${instanceId}` });
      slot.attach(tunnel);
      return tunnel;
    },
  };
}
