import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import type { Presence } from '../live/presence.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelRegistry } from '../tunnel/registry.js';

/** Sources of the state that check-ins return. */
export interface CheckInStateSources {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  /** Changes with each hub start. */
  readonly bootId: string;
}

/** Longest hold, seconds: below the 60 s at which reverse proxies give up by default. */
const MAX_HOLD_SECONDS = 50;

/** The current state for this agent, without its credentials. */
export function checkInState(
  environment: Environment,
  instance: Instance,
  sources: CheckInStateSources,
): CheckInReply {
  const { store, presence, registry, bootId } = sources;
  const settings = store.settings();
  const nodeTunnel = registry.state(environment.id, instance.id);
  return {
    tunnel: tunnelFor(environment, instance, registry),
    ...(nodeTunnel === 'idle' ? {} : { nodeTunnel }),
    checkInSeconds: checkInSecondsOf(environment, store),
    holdSeconds: maxHoldSeconds(store),
    inactivitySeconds: settings.inactivitySeconds,
    snapshotSeconds: settings.snapshotSeconds,
    snapshotRequest: presence.snapshotRequest(environment.id),
    hub: bootId,
  };
}

/**
 * The environment's tunnel state as this agent should see it. With several agents, all but the leader always see
 * `standby`, so that the leader's changes wake no other agent.
 */
function tunnelFor(
  environment: Environment,
  instance: Instance,
  registry: TunnelRegistry,
): CheckInReply['tunnel'] {
  const leader = registry.peek(environment.id)?.lease?.instanceId;
  const isAlone = instance.node === null && environment.instances.length <= 1;
  return isAlone || leader === instance.id ? registry.state(environment.id) : 'standby';
}

/** Longest hold granted now, seconds; 0: none. */
export function maxHoldSeconds(store: Store): number {
  return store.settings().heldCheckIns ? MAX_HOLD_SECONDS : 0;
}

/** Identifies a state: equal tags mean equal states. */
export function etagOf(state: CheckInReply): string {
  const { hub, tunnel, nodeTunnel = 'idle', holdSeconds, snapshotRequest } = state;
  const seconds = [state.checkInSeconds, holdSeconds, state.inactivitySeconds, state.snapshotSeconds];
  return `"${[hub, tunnel[0], nodeTunnel[0], ...seconds, snapshotRequest].join('.')}"`;
}

/** Seconds between an environment's plain check-ins: its own setting, else the hub's. */
export function checkInSecondsOf(environment: Environment, store: Store): number {
  return environment.checkInSeconds ?? store.settings().checkInSeconds;
}
