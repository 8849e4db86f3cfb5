import { type Environment, type Instance, isManager, isStandalone } from '../model/environment.js';
import type { Candidate } from '../swarm/leader-election.js';
import type { SwarmRoster } from '../swarm/roster.js';
import type { Presence } from './presence.js';

/** What of a live environment ranks its agents. */
export interface RankedBy {
  readonly presence: Presence;
  readonly members: SwarmRoster['members'];
}

/** Best first. Only the first two may serve calls for the whole Swarm. */
const RANK = Object.freeze({ manager: 0, drainedManager: 1, worker: 2, engineDown: 3 });

/** An environment's agents as candidates for the election. */
export function leaderCandidates(environment: Environment, live: RankedBy): Candidate[] {
  return environment.instances.map((instance) => ({
    instanceId: instance.id,
    nodeId: instance.node?.nodeId ?? null,
    rank: rankOf(environment, instance, live),
    isHeld: live.presence.isHeld(instance.id),
    isLive: live.presence.isLive(instance.id),
  }));
}

function rankOf(environment: Environment, instance: Instance, { presence, members }: RankedBy): number {
  if (presence.facts(instance.id)?.engine === 'down') return RANK.engineDown;
  if (isStandalone(environment, instance)) return RANK.manager;
  if (!isManager(environment, instance)) return RANK.worker;
  const member = members?.get(instance.node?.nodeId ?? '');
  return member?.availability === 'drain' ? RANK.drainedManager : RANK.manager;
}
