import type { SnapshotView } from '../../../api.js';
import { itemsOf, type JsonReader } from './json-reader.js';
import { type NodeName, nodeOf } from './node-name.js';
import { nodeInSnapshot } from './snapshot-of-node.js';

/** A container in the panel. All texts are the engine's. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `running`, `exited` and Docker's other states. */
  readonly state: string;
  /** `Up 4 minutes` and the like. */
  readonly status: string;
  /** Such as `8080→80/tcp`. Snapshots have none. */
  readonly ports: readonly string[];
  readonly node: NodeName | null;
}

/** From Docker's list, sorted by name. */
export function containersOfList(list: unknown): Container[] {
  return itemsOf(list)
    .map((item) => ({
      id: item.text('Id'),
      name: containerName(item.text('Id'), item.texts('Names')),
      image: item.text('Image'),
      state: item.text('State'),
      status: item.text('Status'),
      ports: portsOf(item.get('Ports').items()),
      node: nodeOf(item),
    }))
    .sort(byName);
}

/** From a snapshot, sorted by name. */
export function containersOfSnapshot(snapshot: SnapshotView): Container[] {
  return snapshot.containers
    .map((item) => {
      const { id, names, image, state, status } = item;
      return {
        id,
        name: containerName(id, names),
        image,
        state,
        status,
        ports: [],
        node: nodeInSnapshot(snapshot, item),
      };
    })
    .sort(byName);
}

/** Sorted; published ones as `8080→80/tcp`, once for all addresses; others as `80/tcp`. */
function portsOf(ports: readonly JsonReader[]): string[] {
  const texts = [...ports]
    .sort((one, other) => one.number('PrivatePort') - other.number('PrivatePort'))
    .map((port) => {
      const [ip, published] = [port.text('IP'), port.text('PublicPort')];
      const address = ip === '' || ip === '0.0.0.0' || ip === '::' ? '' : `${ip}:`;
      return `${published === '' ? '' : `${address}${published}→`}${port.text('PrivatePort')}/${port.text('Type')}`;
    });
  return [...new Set(texts)];
}

function byName(one: Container, other: Container): number {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}

/** A container's first name without Docker's slash; otherwise the start of its id. */
export function containerName(id: string, names: readonly string[]): string {
  return names[0]?.replace(/^\//, '') || id.slice(0, 12);
}
