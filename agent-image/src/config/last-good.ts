/**
 * Reads a value on each call, and falls back to the last good one. For files that are renewed while the agent runs:
 * half-written ones are skipped until the next read.
 * @param isUsable checks each later value
 * @throws what the first `read` throws
 */
export function lastGood<T>(read: () => T, isUsable: (value: T) => boolean = () => true): () => T {
  let last = read();
  return () => {
    try {
      const next = read();
      if (isUsable(next)) last = next;
    } catch {
      // The files may be in the middle of their replacement.
    }
    return last;
  };
}
