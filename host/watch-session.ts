import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { openStreams } from './open-streams.js';

/**
 * Ends an HTTP/2 connection that nobody uses, or whose client has stopped reading.
 *
 * Without an open stream it is closed after `idleMs`. An open one may rightly be silent for hours (`docker events`),
 * or wait for a slow reader, but any client that still reads answers a PING. So each is asked every `idleMs`, and cut
 * where the answer has not come by the next time: what is written for it would stay in memory for good.
 * @param socket the TLS socket below the session
 */
export function watchSession(session: ServerHttp2Session, socket: Socket, idleMs: number): void {
  const streams = openStreams(session);
  // Not `session.setTimeout`: Node does not clear it where a session ends, and keeps the session until it is over.
  const idle = setTimeout(() => {
    // What a closed session leaves behind is cut by `cut-ended-session.ts`.
    if (streams() === 0 && !session.destroyed) session.close();
    else idle.refresh();
  }, idleMs);
  const use = () => {
    // A timer that was cleared would begin again.
    if (!socket.destroyed) idle.refresh();
  };
  session.on('stream', (stream) => {
    use();
    stream.once('close', use);
  });
  let isSuspect = false;
  const asking = setInterval(() => {
    // The socket, because a destroyed session first waits for its last write, which such a client never takes.
    if (isSuspect) {
      socket.destroy();
      return;
    }
    isSuspect = true;
    if (session.destroyed) return;
    session.ping((error) => {
      isSuspect = error !== null;
    });
  }, idleMs);
  socket.once('close', () => {
    clearInterval(asking);
    clearTimeout(idle);
  });
}
