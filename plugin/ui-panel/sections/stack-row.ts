import type { SnapshotView } from '../../api.js';
import { type NodeName, nodeOf, type OnNode } from '../engine/node-name.js';
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

/** What Docker's lists of containers and services have, as far as it is shown. */
export interface ListedContainer extends OnNode {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly State: string;
  readonly Labels?: Labels | null;
}
export interface ListedService {
  readonly Spec: { readonly Name: string; readonly Labels?: Labels | null };
  readonly ServiceStatus?: { readonly RunningTasks?: number; readonly DesiredTasks?: number } | null;
}

type Labels = Readonly<Record<string, string>>;

/** What Docker Compose and `docker stack deploy` call theirs. */
export const PROJECT = 'com.docker.compose.project';
export const NAMESPACE = 'com.docker.stack.namespace';
const STOPPED = /^(created|exited|dead)$/;
const COMPOSE_SERVICE = 'com.docker.compose.service';
const SWARM_SERVICE = 'com.docker.swarm.service.name';

/** @param services null where no manager tells them */
export function stacksOfList(
  containers: readonly ListedContainer[],
  services: readonly ListedService[] | null,
): StackRow[] {
  const parts = containers.map((container) => ({
    id: container.Id,
    name: containerName(container.Id, container.Names),
    isRunning: container.State === 'running',
    isStopped: STOPPED.test(container.State),
    labels: container.Labels ?? {},
    node: nodeOf(container),
  }));
  const told = services?.map(({ Spec: { Name, Labels }, ServiceStatus }) => ({
    stack: Labels?.[NAMESPACE] ?? null,
    name: Name,
    running: ServiceStatus?.RunningTasks ?? 0,
    total: ServiceStatus?.DesiredTasks ?? 0,
  }));
  return stacksOf(parts, told ?? null);
}

export function stacksOfSnapshot(snapshot: SnapshotView): StackRow[] {
  const parts = snapshot.containers.map((container) => ({
    id: container.id,
    name: containerName(container.id, container.names),
    isRunning: container.state === 'running',
    isStopped: STOPPED.test(container.state),
    labels: container.labels ?? {},
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

interface Part extends StackContainer {
  readonly labels: Labels;
  readonly node: NodeName | null;
}

function stacksOf(
  parts: readonly Part[],
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
  const compose = groups(parts, ({ labels, node }) => withNode(labels[PROJECT], node)).map(([, members]) =>
    ofContainers('compose', PROJECT, COMPOSE_SERVICE, members),
  );
  if (services) return [...compose, ...swarm];
  const pieces = groups(parts, ({ labels, node }) => withNode(labels[NAMESPACE], node)).map(([, members]) =>
    ofContainers('swarm-part', NAMESPACE, SWARM_SERVICE, members),
  );
  return [...compose, ...pieces];
}

function ofContainers(
  kind: StackRow['kind'],
  stackLabel: string,
  serviceLabel: string,
  members: readonly Part[],
): StackRow {
  const name = members[0]?.labels[stackLabel] ?? '';
  const services = groups(members, ({ labels, name }) => labels[serviceLabel] ?? name).map(
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
  members: readonly Part[],
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
function withNode(name: string | undefined, node: NodeName | null): string | null {
  return name ? `${node?.id ?? ''} ${name}` : null;
}

/** `docker stack deploy` puts the stack's name before those of its services. */
function withoutStack(service: string, stack: string): string {
  return service.startsWith(`${stack}_`) ? service.slice(stack.length + 1) : service;
}
