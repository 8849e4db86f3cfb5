/**
 * Reads something again each time it is asked for; where that fails, what it was last. For files that are renewed under
 * an agent that outlives them: half-written ones are read at the next time.
 * @throws what the first `read` throws
 */
export function lastGood<T>(read: () => T): () => T {
  let last = read();
  return () => {
    try {
      last = read();
    } catch {
      // The files may be in the middle of their replacement.
    }
    return last;
  };
}
