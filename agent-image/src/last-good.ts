/**
 * Reads something again each time it is asked for; where that fails, what it was last. For files that are renewed under
 * an agent that outlives them: half-written ones are read at the next time.
 * @param isUsable what is read later must be so, too
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
