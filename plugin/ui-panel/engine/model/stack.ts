import type { SnapshotView } from '../../../api.js';
import { containerName } from './container.js';
import { itemsOf, JsonReader } from './json-reader.js';
import { type NodeName, nodeOf } from './node-name.js';
import { nodeInSnapshot } from './snapshot-of-node.js';

/** A Compose project or a Swarm's stack. All texts are the engine's. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  /** `swarm-part`: containers of a Swarm's stack while no manager is available. */
  readonly kind: 'compose' | 'swarm' | 'swarm-part';
  readonly services: readonly StackService[];
  readonly running: number;
  readonly total: number;
  /** Empty for a Swarm's stack: its services manage them. */
  readonly containers: readonly StackContainer[];
  /** Node of a Compose project; a Swarm's stack is on many. */
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
  /** A container in a crash loop is neither running nor stopped. */
  readonly isStopped: boolean;
}

/** Labels set by Docker Compose and `docker stack deploy`. */
export const PROJECT = 'com.docker.compose.project';
export const NAMESPACE = 'com.docker.stack.namespace';
const STOPPED = /^(created|exited|dead)$/;
const COMPOSE_SERVICE = 'com.docker.compose.service';
const SWARM_SERVICE = 'com.docker.swarm.service.name';

/**
 * From Docker's lists.
 * @param services null if no manager is available
 */
export function stacksOfList(containers: unknown, services: unknown): Stack[] {
  const parts = itemsOf(containers).map((container) => ({
    id: container.text('Id'),
    name: containerName(container.text('Id'), container.texts('Names')),
    isRunning: container.text('State') === 'running',
    isStopped: STOPPED.test(container.text('State')),
    labels: container.get('Labels'),
    node: nodeOf(container),
  }));
  const listed = itemsOf(services).map((service) => ({
    stack: service.get('Spec').get('Labels').text(NAMESPACE),
    name: service.get('Spec').text('Name'),
    running: service.get('ServiceStatus').number('RunningTasks') || 0,
    total: service.get('ServiceStatus').number('DesiredTasks') || 0,
  }));
  return stacksOf(parts, services === null ? null : listed);
}

export function stacksOfSnapshot(snapshot: SnapshotView): Stack[] {
  const parts = snapshot.containers.map((container) => ({
    id: container.id,
    name: containerName(container.id, container.names),
    isRunning: container.state === 'running',
    isStopped: STOPPED.test(container.state),
    labels: new JsonReader(container.labels),
    node: nodeInSnapshot(snapshot, container),
  }));
  const listed = snapshot.swarm?.services?.map(({ stack, name, running, desired }) => ({
    stack,
    name,
    running,
    total: desired,
  }));
  return stacksOf(parts, listed ?? null);
}

interface Member extends StackContainer {
  readonly labels: JsonReader;
  readonly node: NodeName | null;
}

function stacksOf(
  parts: readonly Member[],
  services: readonly (StackService & { readonly stack: string | null })[] | null,
): Stack[] {
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
  kind: Stack['kind'],
  stackLabel: string,
  serviceLabel: string,
  members: readonly Member[],
): Stack {
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
  kind: Stack['kind'],
  name: string,
  services: readonly StackService[],
  members: readonly Member[],
): Stack {
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

/** Groups the items that have a key. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string | null): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key) found.set(key, [...(found.get(key) ?? []), item]);
  }
  return [...found];
}

/** Compose projects with the same name on two nodes are separate. */
function withNode(name: string, node: NodeName | null): string | null {
  return name ? `${node?.id ?? ''} ${name}` : null;
}

/** `docker stack deploy` prefixes service names with the stack's name. */
function withoutStack(service: string, stack: string): string {
  return service.startsWith(`${stack}_`) ? service.slice(stack.length + 1) : service;
}
