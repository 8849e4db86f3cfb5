import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/**
 * Counts a session's streams that are still in use. The event `close` of a stream is not enough: after a reset it
 * waits until the client has read the earlier output, which may be never.
 */
export function openStreams(session: ServerHttp2Session): () => number {
  const streams = new Set<ServerHttp2Stream>();
  session.on('stream', (stream) => {
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
  return () => {
    let open = 0;
    for (const stream of streams) if (!stream.closed) open++;
    return open;
  };
}
