import { JsonReader } from '../engine/model/json-reader.js';
import { bytes } from '../format/bytes.js';

/** Summary of the response of any of Docker's `prune` calls: what was removed, and the space freed. */
export function pruneResult(answer: unknown): string {
  const pruned = new JsonReader(answer);
  const items = (of: 'Images' | 'Volumes' | 'Networks') => pruned.get(`${of}Deleted`).items();
  const images = (kind: 'Untagged' | 'Deleted') => items('Images').filter((image) => image.text(kind)).length;
  const parts = [
    countText(images('Untagged'), 'image tag', 'image tags'),
    countText(images('Deleted'), 'layer', 'layers'),
    countText(items('Volumes').length, 'volume', 'volumes'),
    countText(items('Networks').length, 'network', 'networks'),
  ].filter((part) => part !== '');
  if (parts.length === 0) return 'Nothing to remove.';
  const freed = items('Networks').length === 0 ? `; ${bytes(pruned.number('SpaceReclaimed'))} freed` : '';
  return `Removed: ${parts.join(', ')}${freed}.`;
}

function countText(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}

/**
 * Since 1.42 of Docker's API `prune` keeps named volumes unless `all` is set. Older engines reject `all`, and always
 * remove them.
 */
export function pruneVolumesPath(apiVersion: string): string {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const hasAll = major > 1 || (major === 1 && minor >= 42);
  return `/volumes/prune${hasAll ? `?${new URLSearchParams({ filters: '{"all":["true"]}' })}` : ''}`;
}
