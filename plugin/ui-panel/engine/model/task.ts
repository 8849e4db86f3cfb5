import type { SnapshotView } from '../../../api.js';
import { withoutDigest } from './image.js';
import { itemsOf } from './json-reader.js';
import type { NodeName } from './node-name.js';

/** A task in the panel. All texts are the engine's. */
export interface Task {
  readonly id: string;
  /** Docker's name: `web.2`; for a global service with its node. */
  readonly name: string;
  readonly service: string;
  /** Null: not assigned yet. */
  readonly node: NodeName | null;
  /** '' if unknown. */
  readonly image: string;
  readonly state: string;
  readonly desired: string;
  /** Why it does not run; '' if there is no error. */
  readonly error: string;
  /** Time of the last state change, since 1970. */
  readonly changedAtMs: number;
  /** '' before it has one. */
  readonly containerId: string;
}

/** In order of attention. */
const PHASES = ['failed', 'starting', 'running', 'ended'] as const;
const FAILED = ['failed', 'rejected', 'orphaned'];
const STARTING = ['new', 'allocated', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting'];

/** What a task's state means. */
export function taskPhase({ state }: Pick<Task, 'state'>): (typeof PHASES)[number] {
  if (FAILED.includes(state)) return 'failed';
  if (STARTING.includes(state)) return 'starting';
  return state === 'running' ? 'running' : 'ended';
}

/** Whether its state is about to change to the desired one. */
export function isChanging({ state, desired }: Pick<Task, 'state' | 'desired'>): boolean {
  const mayRun = desired === 'running' || desired === 'complete';
  return mayRun ? STARTING.includes(state) && state !== 'pending' : state === 'running';
}

/** Sort key: failed, starting, running, ended; each by service and name. */
export function taskOrder(task: Pick<Task, 'state' | 'name'>): string {
  return `${PHASES.indexOf(taskPhase(task))} ${task.name}`;
}

/** From Docker's list, with the names of services and nodes by id. */
export function tasksOfList(
  tasks: unknown,
  serviceNames: ReadonlyMap<string, string>,
  nodeNames: ReadonlyMap<string, string>,
): Task[] {
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

/** From a snapshot, which has tasks that run or should run. */
export function tasksOfSnapshot({ swarm }: SnapshotView): Task[] {
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
