import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import { count, record, text } from '../engine-json.js';

type Service = NonNullable<Snapshot['services']>[number];
type Task = NonNullable<Snapshot['tasks']>[number];

const MODES = Object.freeze({
  Replicated: 'replicated',
  Global: 'global',
  ReplicatedJob: 'replicated-job',
  GlobalJob: 'global-job',
});

/** One entry of `GET /tasks`. */
export function toTask(value: unknown): Task {
  const task = record(value);
  const status = record(task.Status);
  return {
    id: text(task.ID, 64),
    serviceId: text(task.ServiceID, 64),
    nodeId: text(task.NodeID, 64),
    slot: typeof task.Slot === 'number' ? count(task.Slot) : null,
    state: text(status.State, 32),
    desiredState: text(task.DesiredState, 32),
    error: text(status.Err, 512),
    containerId: text(record(status.ContainerStatus).ContainerID, 128),
    changedAt: toTime(status.Timestamp),
  };
}

/** Parses `GET /services?status=true`; engines before API 1.41 omit the counts, which are then derived from `tasks`. */
export function toServices(values: readonly unknown[], tasks: readonly Task[]): Service[] {
  const wanted = tasks.filter(({ desiredState }) => desiredState === 'running');
  const desired = countByService(wanted);
  const running = countByService(wanted.filter(({ state }) => state === 'running'));
  return values.map((value) => toService(value, { desired, running }));
}

type Counts = ReadonlyMap<string, number>;

function countByService(tasks: readonly Task[]): Counts {
  const counts = new Map<string, number>();
  for (const { serviceId } of tasks) counts.set(serviceId, (counts.get(serviceId) ?? 0) + 1);
  return counts;
}

function toService(value: unknown, tasks: { readonly desired: Counts; readonly running: Counts }): Service {
  const service = record(value);
  const spec = record(service.Spec);
  const mode = record(spec.Mode);
  const id = text(service.ID, 64);
  const [kind, name] = Object.entries(MODES).find(([kind]) => kind in mode) ?? ['', ''];
  const replicas = record(mode[kind]).Replicas;
  const status = record(service.ServiceStatus);
  const isReported = 'RunningTasks' in status;
  return {
    id,
    name: text(spec.Name, 255),
    image: text(record(record(spec.TaskTemplate).ContainerSpec).Image, 1024),
    mode: name,
    running: isReported ? count(status.RunningTasks) : (tasks.running.get(id) ?? 0),
    desired: isReported ? count(status.DesiredTasks) : count(replicas) || (tasks.desired.get(id) ?? 0),
    stack: text(record(spec.Labels)['com.docker.stack.namespace'], 255) || null,
  };
}

/** The engine writes nanoseconds. '' for an invalid time. */
function toTime(value: unknown): string {
  const ms = Date.parse(text(value, 64));
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}
