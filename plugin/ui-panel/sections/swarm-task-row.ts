import type { SnapshotView } from '../../api.js';
import { itemsOf } from '../engine/json-reader.js';
import type { NodeName } from '../engine/node-name.js';
import type { Tone } from '../status-badges.js';
import { withoutDigest } from './without-digest.js';

/** A task as the panel shows it. All texts are the engine's. */
export interface TaskRow {
  readonly id: string;
  /** As Docker names it: `web.2`; of a global service with its node. */
  readonly name: string;
  readonly service: string;
  /** Null: none has it yet. */
  readonly node: NodeName | null;
  /** '' where that is not told. */
  readonly image: string;
  readonly state: string;
  readonly desired: string;
  /** Why it does not run; '' where nothing hinders it. */
  readonly error: string;
  /** Of the last change of its state, since 1970. */
  readonly changedAtMs: number;
  /** '' before it has one. */
  readonly containerId: string;
}

const FAILED = ['failed', 'rejected', 'orphaned'];
const UNDER_WAY = ['new', 'allocated', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting'];

export function taskMood({ state }: Pick<TaskRow, 'state'>): Tone {
  if (FAILED.includes(state)) return 'bad';
  if (UNDER_WAY.includes(state)) return 'busy';
  return state === 'running' ? 'good' : 'quiet';
}

/** Whether it is on its way to where it should be, and will be there soon. */
export function isOnItsWay({ state, desired }: Pick<TaskRow, 'state' | 'desired'>): boolean {
  const mayRun = desired === 'running' || desired === 'complete';
  return mayRun ? UNDER_WAY.includes(state) && state !== 'pending' : state === 'running';
}

/** What sorts failed ones first, then those on their way, those that run, and what is over; each by service and name. */
export function taskOrder({ state, name }: TaskRow): string {
  const ranks = [FAILED, UNDER_WAY, ['running']];
  const rank = ranks.findIndex((states) => states.includes(state));
  return `${rank === -1 ? ranks.length : rank} ${name}`;
}

/** Docker's own list, with the names of services and nodes by their ids. */
export function tasksOfList(
  tasks: unknown,
  serviceNames: ReadonlyMap<string, string>,
  nodeNames: ReadonlyMap<string, string>,
): TaskRow[] {
  return itemsOf(tasks).map((task) => {
    const status = task.get('Status');
    const service = serviceNames.get(task.text('ServiceID')) ?? task.text('ServiceID');
    const node = nodeName(task.text('NodeID'), nodeNames);
    return {
      id: task.text('ID'),
      name: taskName(service, task.number('Slot'), node) || task.text('ID'),
      service,
      node,
      image: withoutDigest(task.get('Spec').get('ContainerSpec').text('Image')),
      state: status.text('State'),
      desired: task.text('DesiredState'),
      error: status.text('Err'),
      changedAtMs: Date.parse(status.text('Timestamp')),
      containerId: status.get('ContainerStatus').text('ContainerID'),
    };
  });
}

/** A snapshot's: those that run or should. */
export function tasksOfSnapshot({ swarm }: SnapshotView): TaskRow[] {
  const serviceNames = new Map(swarm?.services?.map(({ id, name }) => [id, name]));
  const nodeNames = new Map(swarm?.members.map(({ id, name }) => [id, name]));
  return (swarm?.tasks ?? []).map((task) => {
    const service = serviceNames.get(task.serviceId) ?? task.serviceId;
    const node = nodeName(task.nodeId, nodeNames);
    return {
      id: task.id,
      name: taskName(service, task.slot, node),
      service,
      node,
      image: '',
      state: task.state,
      desired: task.desiredState,
      error: task.error,
      changedAtMs: Date.parse(task.changedAt),
      containerId: task.containerId,
    };
  });
}

function taskName(service: string, slot: number | null, node: NodeName | null): string {
  return slot ? `${service}.${slot}` : node ? `${service}.${node.name}` : service;
}

function nodeName(id: string, names: ReadonlyMap<string, string>): NodeName | null {
  return id === '' ? null : { id, name: names.get(id) ?? id };
}
