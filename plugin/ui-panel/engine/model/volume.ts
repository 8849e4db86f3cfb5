import type { SnapshotView } from '../../../api.js';
import { containerName } from './container.js';
import { itemsOf } from './json-reader.js';
import { type NodeName, nodeOf } from './node-name.js';
import { nodeInSnapshot } from './snapshot-of-node.js';

/** A volume in the panel. All texts are the engine's. */
export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** Empty: unknown. */
  readonly mountpoint: string;
  readonly createdMs: number;
  /** Names of the containers that use it, running or not. Null: unknown. */
  readonly users: readonly string[] | null;
  readonly node: NodeName | null;
}

/** From Docker's lists. */
export function volumesOfList(volumes: unknown, containers: unknown): Volume[] {
  const users = new Map<string, string[]>();
  for (const container of itemsOf(containers)) {
    const mounts = container.get('Mounts').items();
    const names = mounts.flatMap((mount) => (mount.text('Type') === 'volume' ? mount.text('Name') : []));
    for (const name of new Set(names)) {
      const key = keyOf(nodeOf(container), name);
      const user = containerName(container.text('Id'), container.texts('Names'));
      users.set(key, [...(users.get(key) ?? []), user]);
    }
  }
  return itemsOf(volumes).map((volume) => ({
    id: volume.text('Name'),
    name: volume.text('Name'),
    driver: volume.text('Driver'),
    mountpoint: volume.text('Mountpoint'),
    createdMs: Date.parse(volume.text('CreatedAt')),
    users: users.get(keyOf(nodeOf(volume), volume.text('Name'))) ?? [],
    node: nodeOf(volume),
  }));
}

/** From a snapshot, which has only names and drivers. */
export function volumesOfSnapshot(snapshot: SnapshotView): Volume[] {
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
