/** A body's chunks as they arrive. Not every browser can iterate over a stream. */
export async function* readChunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // After an early exit this closes the connection.
    await reader.cancel().catch(() => undefined);
  }
}
