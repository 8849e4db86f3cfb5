import { createHash } from 'node:crypto';
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

/** Most states whose tags are remembered: a fleet has a handful. */
const MAX_KNOWN = 1_024;
/** 84 bits: short, because every check-in carries it twice. */
const TAG_LENGTH = 14;

/** The ETags of states: equal tags mean equal states. */
export class StateTags {
  /** By the state as text. */
  readonly #known = new Map<string, string>();

  of(state: CheckInReply): string {
    const { hub, tunnel, nodeTunnel = 'idle', holdSeconds, snapshotRequest } = state;
    const { checkInSeconds, inactivitySeconds, snapshotSeconds } = state;
    const text = `${hub} ${tunnel} ${nodeTunnel} ${checkInSeconds} ${holdSeconds} ${inactivitySeconds} ${snapshotSeconds} ${snapshotRequest}`;
    let tag = this.#known.get(text);
    if (tag === undefined) {
      tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, TAG_LENGTH)}"`;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(text, tag);
    }
    return tag;
  }
}
