import type { SnapshotView } from '../../api.js';
import { itemsOf, type JsonReader } from '../engine/json-reader.js';
import { type NodeName, nodeOf } from '../engine/node-name.js';
import { nodeInSnapshot } from '../engine/snapshot-of-node.js';
import { containerName } from './container-name.js';

/** A network as the panel shows it. All texts are the engine's. */
export interface NetworkRow {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** `local`, `swarm` or `global`. */
  readonly scope: string;
  /** Null where they are not told. */
  readonly subnets: readonly string[] | null;
  /** Names of the engine's containers that belong to it, running or not. Null where that is not told. */
  readonly users: readonly string[] | null;
  /** Whether one of them runs: then it cannot be removed. */
  readonly isUsed: boolean;
  /** The engine's own: it does not let go of them, or makes them anew. */
  readonly isPredefined: boolean;
  readonly node: NodeName | null;
}

/** Docker's, those of its Swarm, and Podman's. */
const PREDEFINED = /^(bridge|host|none|ingress|docker_gwbridge|podman)$/;

/** Docker's own lists. */
export function networksOfList(networks: unknown, containers: unknown): NetworkRow[] {
  const all = itemsOf(containers);
  return itemsOf(networks).map((network) => {
    const id = network.text('Id');
    const name = network.text('Name') || id.slice(0, 12);
    const members = all.filter((container) => isMember(container, network));
    return {
      id,
      name,
      driver: network.text('Driver'),
      scope: network.text('Scope'),
      subnets: network.get('IPAM').get('Config').items().map(subnetOf).filter(Boolean),
      users: members.map((member) => containerName(member.text('Id'), member.texts('Names'))),
      isUsed: members.some((member) => !/^(exited|created)$/.test(member.text('State'))),
      isPredefined: PREDEFINED.test(name),
      node: nodeOf(network),
    };
  });
}

/** A snapshot's: neither subnets nor who uses them are in it. */
export function networksOfSnapshot(snapshot: SnapshotView): NetworkRow[] {
  return snapshot.networks.map((network) => ({
    id: network.id,
    name: network.name,
    driver: network.driver,
    scope: network.scope,
    subnets: null,
    users: null,
    isUsed: false,
    isPredefined: PREDEFINED.test(network.name),
    node: nodeInSnapshot(snapshot, network),
  }));
}

function isMember(container: JsonReader, network: JsonReader): boolean {
  if (nodeOf(container)?.id !== nodeOf(network)?.id) return false;
  const networks = container.get('NetworkSettings').get('Networks').entries();
  // Of a container that never ran it is known by its name alone.
  return networks.some(([name, of]) => {
    const id = of.text('NetworkID');
    return id ? id === network.text('Id') : name === network.text('Name');
  });
}

function subnetOf(config: JsonReader): string {
  return config.text('Subnet');
}
