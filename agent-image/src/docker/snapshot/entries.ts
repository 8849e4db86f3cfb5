import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import { engineFactsOf, isPodman } from '../engine-facts.js';
import { count, list, record, text } from '../engine-json.js';

/** Longest list of a snapshot, as in its schema. */
export const MAX_ITEMS = 20_000;

/** One entry of `GET /containers/json`. */
export function toContainer(value: unknown): Snapshot['containers'][number] {
  const item = record(value);
  return {
    id: text(item.Id, 128),
    names: list(item.Names)
      .slice(0, 64)
      .map((name) => text(name, 512).replace(/^\//, '')),
    image: text(item.Image, 1024),
    state: text(item.State, 32),
    status: text(item.Status, 256),
    createdAt: toTime(item.Created),
    labels: toLabels(item.Labels),
  };
}

/** One entry of `GET /images/json`. */
export function toImage(value: unknown): Snapshot['images'][number] {
  const item = record(value);
  return {
    id: text(item.Id, 128),
    tags: list(item.RepoTags)
      .slice(0, 256)
      .map((tag) => text(tag, 1024)),
    bytes: count(item.Size),
    createdAt: toTime(item.Created),
  };
}

/** One entry of `GET /volumes`. */
export function toVolume(value: unknown): Snapshot['volumes'][number] {
  const item = record(value);
  return { name: text(item.Name, 512), driver: text(item.Driver, 256), labels: toLabels(item.Labels) };
}

/** One entry of `GET /networks`. */
export function toNetwork(value: unknown): Snapshot['networks'][number] {
  const item = record(value);
  return {
    id: text(item.Id, 128),
    name: text(item.Name, 512),
    driver: text(item.Driver, 256),
    scope: text(item.Scope, 64),
  };
}

/** The engine itself, from `GET /info` and `GET /version`. */
export function toEngine(
  info: Record<string, unknown>,
  version: Record<string, unknown>,
): NonNullable<Snapshot['engine']> {
  return {
    id: engineFactsOf(info).engineId ?? '',
    name: text(info.Name, 255),
    version: text(info.ServerVersion, 64),
    apiVersion: text(version.ApiVersion, 32),
    os: text(info.OperatingSystem, 128),
    arch: text(info.Architecture, 64),
    kernel: text(info.KernelVersion, 128),
    cpus: count(info.NCPU),
    memoryBytes: count(info.MemTotal),
    kind: isPodman(info) ? 'podman' : 'docker',
  };
}

/** The Swarm this engine is in, or null. A worker knows neither its Swarm's id nor its size. */
export function toSwarm(info: Record<string, unknown>): Snapshot['swarm'] {
  const { node } = engineFactsOf(info);
  if (node === null) return null;
  const swarm = record(info.Swarm);
  return {
    id: node.swarmId,
    nodeId: node.nodeId,
    role: node.role,
    managers: count(swarm.Managers),
    nodes: count(swarm.Nodes),
  };
}

type ContainerCounts = Pick<Snapshot['counts'], 'containers' | 'running' | 'paused' | 'stopped'>;

/** The engine's own counts; without `GET /info`, counts of the list, else null. Neither running nor paused counts as stopped. */
export function countContainers(
  info: Record<string, unknown> | null,
  containers: Snapshot['containers'] | null,
): ContainerCounts {
  if (info !== null) {
    return {
      containers: count(info.Containers),
      running: count(info.ContainersRunning),
      paused: count(info.ContainersPaused),
      stopped: count(info.ContainersStopped),
    };
  }
  if (containers === null) return { containers: null, running: null, paused: null, stopped: null };
  const inState = (state: string) => containers.filter((container) => container.state === state).length;
  const [running, paused] = [inState('running'), inState('paused')];
  return { containers: containers.length, running, paused, stopped: containers.length - running - paused };
}

/** Seconds since the epoch as RFC 3339 UTC; '' for anything else. */
function toTime(seconds: unknown): string {
  const isTime = typeof seconds === 'number' && Math.abs(seconds) <= 8.64e12;
  return isTime ? new Date(seconds * 1000).toISOString() : '';
}

function toLabels(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value)).filter(([name]) => name.length <= 512);
  return Object.fromEntries(entries.map(([name, label]) => [name, text(label, 4096)]));
}
