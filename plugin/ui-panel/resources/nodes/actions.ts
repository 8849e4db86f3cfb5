import { changeSpec } from '../../engine/change-spec.js';
import type { EngineClient } from '../../engine/client.js';
import type { NodeSpec, SwarmNode } from '../../engine/model/node.js';

/** An action of managers on a node. */
export interface NodeAction {
  /** A verb, such as `Drain`. */
  readonly label: string;
  readonly isDanger: boolean;
  /** Consequences. */
  readonly warning: (node: SwarmNode, all: readonly SwarmNode[]) => string;
  /** @throws errors of the engine or of `changeSpec` */
  readonly run: (engine: EngineClient, node: SwarmNode) => Promise<void>;
}

const DRAIN: NodeAction = {
  label: 'Drain',
  isDanger: true,
  warning: () =>
    'Its tasks move to other active nodes; containers outside of services stay. An agent that runs as a service stops, too: this node’s engine is unreachable until the node is active again.',
  run: (engine, node) => change(engine, node, { Availability: 'drain' }),
};
const PAUSE: NodeAction = {
  label: 'Pause',
  isDanger: false,
  warning: () => 'Running tasks continue; it gets no new ones.',
  run: (engine, node) => change(engine, node, { Availability: 'pause' }),
};
const ACTIVATE: NodeAction = {
  label: 'Activate',
  isDanger: false,
  warning: () => 'It gets tasks again: unassigned ones immediately, others when they restart.',
  run: (engine, node) => change(engine, node, { Availability: 'active' }),
};
const PROMOTE: NodeAction = {
  label: 'Promote',
  isDanger: true,
  warning: (_, all) =>
    `It will be a manager: anyone who controls it controls the whole Swarm. ${quorum(countManagers(all) + 1)}`,
  run: (engine, node) => change(engine, node, { Role: 'manager' }),
};
const DEMOTE: NodeAction = {
  label: 'Demote',
  isDanger: true,
  warning: (_, all) =>
    countManagers(all) === 1
      ? 'It is the only manager: the engine will refuse. Promote another node first.'
      : `It will be a worker. ${quorum(countManagers(all) - 1)}`,
  run: (engine, node) => change(engine, node, { Role: 'worker' }),
};
const REMOVE: NodeAction = {
  label: 'Remove',
  isDanger: true,
  warning: ({ role }) =>
    `The Swarm removes it; to return it has to leave the Swarm and join again.${role === 'manager' ? ' It is a manager: the engine refuses until it is demoted.' : ''}`,
  run: (engine, { id }) => engine.call('DELETE', `/nodes/${encodeURIComponent(id)}`),
};

/** Actions available in the node's current state. */
export function actionsFor({ availability, role, state, confirmed }: SwarmNode): readonly NodeAction[] {
  if (!confirmed) return [];
  return [
    ...(availability === 'active' ? [] : [ACTIVATE]),
    ...(availability === 'active' ? [PAUSE] : []),
    ...(availability === 'drain' ? [] : [DRAIN]),
    role === 'manager' ? DEMOTE : PROMOTE,
    ...(state === 'down' ? [REMOVE] : []),
  ];
}

/** Contents of the confirmation dialog. */
export function confirmationOf({ label, warning }: NodeAction, node: SwarmNode, all: readonly SwarmNode[]) {
  return { title: `${label} this node?`, names: [node.name], warning: warning(node, all), confirm: label };
}

function change(engine: EngineClient, { id }: SwarmNode, to: Partial<NodeSpec>): Promise<void> {
  return changeSpec<NodeSpec>(engine, `/nodes/${encodeURIComponent(id)}`, (spec) => ({ ...spec, ...to }));
}

function countManagers(all: readonly SwarmNode[]): number {
  return all.filter(({ role }) => role === 'manager').length;
}

/** More than half of the managers must agree on each change. */
function quorum(managers: number): string {
  const spare = Math.floor((managers - 1) / 2);
  const count = managers === 1 ? 'There will be one manager' : `There will be ${managers} managers`;
  return `${count}: the Swarm can be changed while ${spare === 0 ? 'all of them are up' : `no more than ${spare} of them ${spare === 1 ? 'is' : 'are'} down`}.`;
}
