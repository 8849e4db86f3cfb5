import type { SnapshotView } from '../../api.js';
import { type NodeName, nodeOf, type OnNode } from '../engine/node-name.js';
import { nodeInSnapshot } from '../engine/snapshot-of-node.js';
import { containerName } from './container-name.js';

/** A volume as the panel shows it. All texts are the engine's. */
export interface VolumeRow {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** Empty where it is not told. */
  readonly mountpoint: string;
  readonly createdMs: number;
  /** Names of the containers that have it, running or not. Null where that is not told. */
  readonly users: readonly string[] | null;
  readonly node: NodeName | null;
}

/** What `GET /volumes` has of a volume, as far as it is shown. */
export interface ListedVolume extends OnNode {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint?: string;
  readonly CreatedAt?: string;
}

/** What `GET /containers/json` has of a container's volumes. */
export interface VolumeUser extends OnNode {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Mounts?: readonly { readonly Type?: string; readonly Name?: string }[] | null;
}

/** Docker's own lists. */
export function volumesOfList(
  volumes: readonly ListedVolume[],
  containers: readonly VolumeUser[],
): VolumeRow[] {
  const users = new Map<string, string[]>();
  for (const container of containers) {
    const { Id, Names, Mounts } = container;
    for (const name of new Set(
      Mounts?.flatMap(({ Type, Name }) => (Type === 'volume' ? (Name ?? []) : [])),
    )) {
      const key = keyOf(nodeOf(container), name);
      users.set(key, [...(users.get(key) ?? []), containerName(Id, Names)]);
    }
  }
  return volumes.map((volume) => ({
    id: volume.Name,
    name: volume.Name,
    driver: volume.Driver,
    mountpoint: volume.Mountpoint ?? '',
    createdMs: Date.parse(volume.CreatedAt ?? ''),
    users: users.get(keyOf(nodeOf(volume), volume.Name)) ?? [],
    node: nodeOf(volume),
  }));
}

/** A snapshot's: names and drivers are all that it has. */
export function volumesOfSnapshot(snapshot: SnapshotView): VolumeRow[] {
  return snapshot.volumes.map((volume) => ({
    id: volume.name,
    name: volume.name,
    driver: volume.driver,
    mountpoint: '',
    createdMs: Number.NaN,
    users: null,
    node: nodeInSnapshot(snapshot, volume),
  }));
}

function keyOf(node: NodeName | null, volume: string): string {
  return `${node?.id ?? ''} ${volume}`;
}
