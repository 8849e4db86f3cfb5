import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../../protocol/time/clock.js';
import { openStreams } from './open-streams.js';

/**
 * Ends an HTTP/2 connection that is unused, or whose client has stopped reading.
 *
 * Without an open stream it is closed after `idleMs`. An open one may be silent for hours (`docker events`), or wait for
 * a slow reader, but any client that still reads answers a PING. So each gets one every `idleMs`, and is destroyed if it
 * is unanswered by the next: data written for it would stay in memory forever.
 * @param socket the TLS socket below the session
 */
export function watchSession(
  session: ServerHttp2Session,
  socket: Socket,
  idleMs: number,
  clock: Clock = systemClock,
): void {
  const streams = openStreams(session);
  // Not `session.setTimeout`: Node does not clear it when a session ends, and keeps the session until it fires.
  let usedMs = clock.monotonic();
  let cancelIdle = () => {};
  const wait = (ms: number) => {
    cancelIdle = clock.after(ms, () => {
      const leftMs = usedMs + idleMs - clock.monotonic();
      // `cut-ended-session.ts` handles the connection of a closed session.
      if (leftMs <= 0 && streams() === 0 && !session.destroyed) session.close();
      else wait(leftMs > 0 ? leftMs : idleMs);
    });
  };
  wait(idleMs);
  const use = () => {
    usedMs = clock.monotonic();
  };
  session.on('stream', (stream) => {
    use();
    stream.once('close', use);
  });
  let isSuspect = false;
  const stopAsking = clock.every(idleMs, () => {
    // The socket, because a destroyed session first waits for its last write, which such a client never reads.
    if (isSuspect) {
      socket.destroy();
      return;
    }
    isSuspect = true;
    if (session.destroyed) return;
    session.ping((error) => {
      isSuspect = error !== null;
    });
  });
  socket.once('close', () => {
    stopAsking();
    cancelIdle();
  });
}
