import type { Socket } from 'node:net';

/** A client that sends nothing gets no answer; by then it is closed. */
const REQUEST_MS = 10_000;

/** Answers the request of a Docker client as an engine would that is not available, and closes. */
export function answerUnavailable(socket: Socket, reason: string): void {
  if (socket.destroyed) return;
  const body = JSON.stringify({ message: `fairlead: the hub cannot be reached: ${reason}` });
  const answer = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
  socket.setTimeout(REQUEST_MS, () => socket.destroy());
  // Go's client ignores an answer that arrives before it has sent its request.
  socket.once('data', () => {
    socket.end(answer);
    socket.resume();
  });
  socket.once('end', () => socket.end());
}
