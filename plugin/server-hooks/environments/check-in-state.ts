import type { CheckInReply } from '../../../protocol/agent-calls.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { Presence } from './presence.js';

/** Where the state that check-ins are told comes from. */
export interface CheckInStateSources {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  /** Changes with each start of the hub. */
  readonly bootId: string;
}

/** Longest hold, seconds: below the 60 s at which reverse proxies give up by default. */
const MAX_HOLD_SECONDS = 50;

/** Everything a check-in is told but its credential: the environment's state at this moment. */
export function checkInState(environment: Environment, sources: CheckInStateSources): CheckInReply {
  const { store, presence, registry, bootId } = sources;
  const settings = store.settings();
  return {
    tunnel: registry.state(environment.id),
    checkInSeconds: checkInSecondsOf(environment, store),
    holdSeconds: settings.heldCheckIns ? MAX_HOLD_SECONDS : 0,
    inactivitySeconds: settings.inactivitySeconds,
    snapshotSeconds: settings.snapshotSeconds,
    snapshotRequest: presence.snapshotRequest(environment.id),
    hub: bootId,
  };
}

/** Stands for such a state: two are equal where their tags are. */
export function etagOf(state: CheckInReply): string {
  const { hub, tunnel, checkInSeconds, holdSeconds, inactivitySeconds, snapshotSeconds, snapshotRequest } =
    state;
  return `"${[hub, tunnel[0], checkInSeconds, holdSeconds, inactivitySeconds, snapshotSeconds, snapshotRequest].join('.')}"`;
}

/** Seconds between an environment's plain check-ins: its own setting, else the hub's. */
export function checkInSecondsOf(environment: Environment, store: Store): number {
  return environment.checkInSeconds ?? store.settings().checkInSeconds;
}
