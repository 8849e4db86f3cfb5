import type { SnapshotView } from '../../../api.js';
import { containerName } from './container.js';
import { itemsOf, type JsonReader } from './json-reader.js';
import { type NodeName, nodeOf } from './node-name.js';
import { nodeInSnapshot } from './snapshot-of-node.js';

/** A network in the panel. All texts are the engine's. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** `local`, `swarm` or `global`. */
  readonly scope: string;
  /** Null: unknown. */
  readonly subnets: readonly string[] | null;
  /** Names of the engine's connected containers, running or not. Null: unknown. */
  readonly users: readonly string[] | null;
  /** Whether one of them is running: the network cannot be removed then. */
  readonly isUsed: boolean;
  /** Predefined by the engine, which does not remove it, or creates it again. */
  readonly isPredefined: boolean;
  readonly node: NodeName | null;
}

/** Docker's, Swarm's, and Podman's. */
const PREDEFINED = /^(bridge|host|none|ingress|docker_gwbridge|podman)$/;

/** From Docker's lists. */
export function networksOfList(networks: unknown, containers: unknown): Network[] {
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

/** From a snapshot, which has neither subnets nor users. */
export function networksOfSnapshot(snapshot: SnapshotView): Network[] {
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
  // A container that never ran has only the network's name.
  return networks.some(([name, of]) => {
    const id = of.text('NetworkID');
    return id ? id === network.text('Id') : name === network.text('Name');
  });
}

function subnetOf(config: JsonReader): string {
  return config.text('Subnet');
}
