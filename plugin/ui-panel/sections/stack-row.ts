import type { SnapshotView } from '../../api.js';
import { itemsOf, JsonReader } from '../engine/json-reader.js';
import { type NodeName, nodeOf } from '../engine/node-name.js';
import { nodeInSnapshot } from '../engine/snapshot-of-node.js';
import { containerName } from './container-name.js';

/** A Compose project or the stack of a Swarm, as the panel shows it. All texts are the engine's. */
export interface StackRow {
  readonly id: string;
  readonly name: string;
  /** `swarm-part`: containers of a Swarm's stack, where no manager tells its services. */
  readonly kind: 'compose' | 'swarm' | 'swarm-part';
  readonly services: readonly StackService[];
  readonly running: number;
  readonly total: number;
  /** A Swarm's stack has none here: they are its services' matter. */
  readonly containers: readonly StackContainer[];
  /** Of a Compose project; a Swarm's stack is on many. */
  readonly node: NodeName | null;
}

export interface StackService {
  readonly name: string;
  readonly running: number;
  readonly total: number;
}

export interface StackContainer {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** One that crashes again and again neither runs nor stands. */
  readonly isStopped: boolean;
}

/** What Docker Compose and `docker stack deploy` call theirs. */
export const PROJECT = 'com.docker.compose.project';
export const NAMESPACE = 'com.docker.stack.namespace';
const STOPPED = /^(created|exited|dead)$/;
const COMPOSE_SERVICE = 'com.docker.compose.service';
const SWARM_SERVICE = 'com.docker.swarm.service.name';

/**
 * Docker's own lists.
 * @param services null where no manager tells them
 */
export function stacksOfList(containers: unknown, services: unknown): StackRow[] {
  const parts = itemsOf(containers).map((container) => ({
    id: container.text('Id'),
    name: containerName(container.text('Id'), container.texts('Names')),
    isRunning: container.text('State') === 'running',
    isStopped: STOPPED.test(container.text('State')),
    labels: container.get('Labels'),
    node: nodeOf(container),
  }));
  const told = itemsOf(services).map((service) => ({
    stack: service.get('Spec').get('Labels').text(NAMESPACE),
    name: service.get('Spec').text('Name'),
    running: service.get('ServiceStatus').number('RunningTasks') || 0,
    total: service.get('ServiceStatus').number('DesiredTasks') || 0,
  }));
  return stacksOf(parts, services === null ? null : told);
}

export function stacksOfSnapshot(snapshot: SnapshotView): StackRow[] {
  const parts = snapshot.containers.map((container) => ({
    id: container.id,
    name: containerName(container.id, container.names),
    isRunning: container.state === 'running',
    isStopped: STOPPED.test(container.state),
    labels: new JsonReader(container.labels),
    node: nodeInSnapshot(snapshot, container),
  }));
  const told = snapshot.swarm?.services?.map(({ stack, name, running, desired }) => ({
    stack,
    name,
    running,
    total: desired,
  }));
  return stacksOf(parts, told ?? null);
}

interface Member extends StackContainer {
  readonly labels: JsonReader;
  readonly node: NodeName | null;
}

function stacksOf(
  parts: readonly Member[],
  services: readonly (StackService & { readonly stack: string | null })[] | null,
): StackRow[] {
  const swarm = groups(services ?? [], ({ stack }) => stack).map(([name, members]) =>
    rowOf(
      'swarm',
      name,
      members.map((member) => ({ ...member, name: withoutStack(member.name, name) })),
      [],
    ),
  );
  const compose = groups(parts, ({ labels, node }) => withNode(labels.text(PROJECT), node)).map(
    ([, members]) => ofContainers('compose', PROJECT, COMPOSE_SERVICE, members),
  );
  if (services) return [...compose, ...swarm];
  const pieces = groups(parts, ({ labels, node }) => withNode(labels.text(NAMESPACE), node)).map(
    ([, members]) => ofContainers('swarm-part', NAMESPACE, SWARM_SERVICE, members),
  );
  return [...compose, ...pieces];
}

function ofContainers(
  kind: StackRow['kind'],
  stackLabel: string,
  serviceLabel: string,
  members: readonly Member[],
): StackRow {
  const name = members[0]?.labels.text(stackLabel) ?? '';
  const services = groups(members, ({ labels, name }) => labels.text(serviceLabel) || name).map(
    ([service, of]) => ({
      name: withoutStack(service, name),
      running: of.filter(({ isRunning }) => isRunning).length,
      total: of.length,
    }),
  );
  return rowOf(kind, name, services, members);
}

function rowOf(
  kind: StackRow['kind'],
  name: string,
  services: readonly StackService[],
  members: readonly Member[],
): StackRow {
  const sum = (of: 'running' | 'total') => services.reduce((count, service) => count + service[of], 0);
  const node = members[0]?.node ?? null;
  return {
    id: `${kind} ${name}`,
    name,
    kind,
    services: services
      .map(({ name, running, total }) => ({ name, running, total }))
      .sort((one, other) => one.name.localeCompare(other.name)),
    running: sum('running'),
    total: sum('total'),
    containers: members.map(({ id, name, isRunning, isStopped }) => ({ id, name, isRunning, isStopped })),
    node,
  };
}

/** Those with a key, by key. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string | null): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key) found.set(key, [...(found.get(key) ?? []), item]);
  }
  return [...found];
}

/** Compose projects of the same name on two nodes are two. */
function withNode(name: string, node: NodeName | null): string | null {
  return name ? `${node?.id ?? ''} ${name}` : null;
}

/** `docker stack deploy` puts the stack's name before those of its services. */
function withoutStack(service: string, stack: string): string {
  return service.startsWith(`${stack}_`) ? service.slice(stack.length + 1) : service;
}
