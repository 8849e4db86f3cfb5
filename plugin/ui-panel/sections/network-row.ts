import type { SnapshotView } from '../../api.js';
import { type NodeName, nodeOf, type OnNode } from '../engine/node-name.js';
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

/** What `GET /networks` has of a network, as far as it is shown. */
export interface ListedNetwork extends OnNode {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null } | null;
}

/** What `GET /containers/json` has of a container's networks. */
export interface NetworkUser extends OnNode {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly State: string;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string } | null>> | null;
  } | null;
}

/** Docker's, those of its Swarm, and Podman's. */
const PREDEFINED = /^(bridge|host|none|ingress|docker_gwbridge|podman)$/;

/** Docker's own lists. */
export function networksOfList(
  networks: readonly ListedNetwork[],
  containers: readonly NetworkUser[],
): NetworkRow[] {
  return networks.map((network) => {
    const members = containers.filter((container) => isMember(container, network));
    return {
      id: network.Id,
      name: network.Name,
      driver: network.Driver,
      scope: network.Scope,
      subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
      users: members.map(({ Id, Names }) => containerName(Id, Names)),
      isUsed: members.some(({ State }) => State !== 'exited' && State !== 'created'),
      isPredefined: PREDEFINED.test(network.Name),
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

function isMember(container: NetworkUser, network: ListedNetwork): boolean {
  if (nodeOf(container)?.id !== nodeOf(network)?.id) return false;
  // Of a container that never ran it is known by its name alone.
  return Object.entries(container.NetworkSettings?.Networks ?? {}).some(([name, of]) =>
    of?.NetworkID ? of.NetworkID === network.Id : name === network.Name,
  );
}
