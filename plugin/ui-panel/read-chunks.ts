/** The parts of a body as they come. Not every browser can iterate over a stream. */
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
    // An end that nobody waited for: the connection is to be closed.
    await reader.cancel().catch(() => undefined);
  }
}
