import type { SnapshotView } from '../../api.js';
import { type NodeName, nodeOf, type OnNode } from '../engine/node-name.js';
import { nodeInSnapshot } from '../engine/snapshot-of-node.js';
import type { Mood } from '../signs.js';

/** A container as the panel shows it. All texts are the engine's. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `running`, `exited` and what else Docker says. */
  readonly state: string;
  /** `Up 4 minutes` and the like. */
  readonly status: string;
  /** Such as `8080→80/tcp`. Snapshots have none. */
  readonly ports: readonly string[];
  readonly node: NodeName | null;
}

/** What `GET /containers/json` has of a container, as far as it is shown. */
export interface ListedContainer extends OnNode {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Image: string;
  readonly State: string;
  readonly Status: string;
  readonly Ports?: readonly ListedPort[] | null;
}

interface ListedPort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

const MOODS: Readonly<Record<string, Mood>> = {
  running: 'good',
  restarting: 'busy',
  paused: 'busy',
  removing: 'busy',
  dead: 'bad',
};

export function moodOf(state: string): Mood {
  return MOODS[state] ?? 'quiet';
}

/** Docker's own list, by name. */
export function rowsOfList(list: readonly ListedContainer[]): ContainerRow[] {
  return list
    .map((item) => ({
      id: item.Id,
      name: nameOf(item.Id, item.Names),
      image: item.Image,
      state: item.State,
      status: item.Status,
      ports: portsOf(item.Ports ?? []),
      node: nodeOf(item),
    }))
    .sort(byName);
}

/** A snapshot's, by name. */
export function rowsOfSnapshot(snapshot: SnapshotView): ContainerRow[] {
  return snapshot.containers
    .map((item) => {
      const { id, names, image, state, status } = item;
      return {
        id,
        name: nameOf(id, names),
        image,
        state,
        status,
        ports: [],
        node: nodeInSnapshot(snapshot, item),
      };
    })
    .sort(byName);
}

/** Published ones as `8080→80/tcp`, once for all addresses; others as `80/tcp`. In order. */
function portsOf(ports: readonly ListedPort[]): string[] {
  const words = [...ports]
    .sort((one, other) => one.PrivatePort - other.PrivatePort)
    .map(({ IP, PrivatePort, PublicPort, Type }) => {
      const address = IP === undefined || IP === '0.0.0.0' || IP === '::' ? '' : `${IP}:`;
      return `${PublicPort === undefined ? '' : `${address}${PublicPort}→`}${PrivatePort}/${Type}`;
    });
  return [...new Set(words)];
}

function nameOf(id: string, names: readonly string[] | null | undefined): string {
  return names?.[0]?.replace(/^\//, '') ?? id.slice(0, 12);
}

function byName(one: ContainerRow, other: ContainerRow): number {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}
