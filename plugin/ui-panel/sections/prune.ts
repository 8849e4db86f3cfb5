import { bytes } from '../bytes.js';

/** What Docker's `prune` calls answer with, whichever it was. */
export interface Pruned {
  readonly ImagesDeleted?: readonly { readonly Untagged?: string; readonly Deleted?: string }[] | null;
  readonly VolumesDeleted?: readonly string[] | null;
  readonly NetworksDeleted?: readonly string[] | null;
  readonly SpaceReclaimed?: number;
}

/** In words: what went, and what that freed. */
export function pruneResult({
  ImagesDeleted,
  VolumesDeleted,
  NetworksDeleted,
  SpaceReclaimed,
}: Pruned): string {
  const of = (kind: 'Untagged' | 'Deleted') => ImagesDeleted?.filter((image) => image[kind]).length ?? 0;
  const parts = [
    counted(of('Untagged'), 'name of an image', 'names of images'),
    counted(of('Deleted'), 'layer', 'layers'),
    counted(VolumesDeleted?.length ?? 0, 'volume', 'volumes'),
    counted(NetworksDeleted?.length ?? 0, 'network', 'networks'),
  ].filter((part) => part !== '');
  if (parts.length === 0) return 'Nothing was removed: the engine found nothing unused.';
  const freed = NetworksDeleted === undefined ? `; ${bytes(SpaceReclaimed ?? null)} freed` : '';
  return `Removed: ${parts.join(', ')}${freed}.`;
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}

/**
 * Since 1.42 of Docker's API `prune` leaves volumes with names alone unless it is told `all`, which older engines
 * refuse: there they always go.
 */
export function pruneVolumesPath(apiVersion: string): string {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const hasAll = major > 1 || (major === 1 && minor >= 42);
  return `/volumes/prune${hasAll ? `?${new URLSearchParams({ filters: '{"all":["true"]}' })}` : ''}`;
}
