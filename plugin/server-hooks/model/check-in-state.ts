import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import type { Environment, Instance } from './environment.js';
import { checkInSecondsOf, maxHoldSeconds, type Settings } from './settings.js';

type TunnelState = Exclude<CheckInReply['tunnel'], 'standby'>;

/** What of a live environment check-ins report. */
export interface ReportedState {
  /** Of the environment or, with an instance, of its node. */
  readonly tunnels: { state(instanceId?: string): TunnelState };
  /** The instance that may open the environment's tunnel. */
  readonly leaderId: string | null;
  readonly snapshotRequest: number;
}

/** The current state for this agent, without its credentials. `bootId` changes with each start of the hub. */
export function stateFor(
  environment: Environment,
  instance: Instance,
  settings: Settings,
  { tunnels, leaderId, snapshotRequest }: ReportedState,
  bootId: string,
): CheckInReply {
  // With several agents, all but the leader always see `standby`, so that the leader's changes wake no other agent.
  const isAlone = instance.node === null && environment.instances.length <= 1;
  const nodeTunnel = tunnels.state(instance.id);
  return {
    tunnel: isAlone || leaderId === instance.id ? tunnels.state() : 'standby',
    ...(nodeTunnel === 'idle' ? {} : { nodeTunnel }),
    checkInSeconds: checkInSecondsOf(environment, settings),
    holdSeconds: maxHoldSeconds(settings),
    inactivitySeconds: settings.inactivitySeconds,
    snapshotSeconds: settings.snapshotSeconds,
    snapshotRequest,
    hub: bootId,
  };
}

/** Identifies a state: equal tags mean equal states. */
export function etagOf(state: CheckInReply): string {
  const { hub, tunnel, nodeTunnel = 'idle', holdSeconds, snapshotRequest } = state;
  const seconds = [state.checkInSeconds, holdSeconds, state.inactivitySeconds, state.snapshotSeconds];
  return `"${[hub, tunnel[0], nodeTunnel[0], ...seconds, snapshotRequest].join('.')}"`;
}
