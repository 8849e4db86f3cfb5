import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../../protocol/time/clock.js';
import { openStreams } from './open-streams.js';

const CHECK_MS = 1_000;
/** Consecutive checks with the same result before the connection is destroyed. */
const STUCK_CHECKS = 2;
const ENDED_CHECKS = 2;
/** For a client that has unread data. */
const UNREAD_CHECKS = 10;
const PING_BYTES = 17;
const SETTINGS_BYTES = 9;
/** Unanswered frames; Node ends a session with ten. */
const MAX_SETTINGS = 5;

/**
 * Destroys the connection of an ended HTTP/2 session within seconds. Node does not: after a GOAWAY of either side
 * it waits for the client to close, without limit. And when nghttp2 ends a session itself, after most kinds of malformed
 * frames, Node 20 does not notice, but stops reading: it sees neither the end nor a reset of the
 * connection. Such a session is detected by a PING after each activity: it stays in the session's queue although the
 * socket has nothing to write. Whether and when the client answers does not matter.
 * @param socket the TLS socket below the session
 * @param checkMs default 1000
 */
export function cutEndedSession(
  session: ServerHttp2Session,
  socket: Socket,
  checkMs: number = CHECK_MS,
  clock: Clock = systemClock,
): void {
  const streams = openStreams(session);
  const isStuck = stuckDetector(session, socket);
  let checks = 0;
  let unread = 0;
  const stop = clock.every(checkMs, () => {
    if (!session.destroyed && !(session.closed && streams() === 0)) {
      if (isStuck()) socket.destroy();
      return;
    }
    const before = unread;
    unread = unsentBytes(socket) ?? 0;
    checks = unread === before ? checks + 1 : 1;
    if (checks > (unread > 0 ? UNREAD_CHECKS : ENDED_CHECKS)) socket.destroy();
  });
  socket.once('close', stop);
}

/** Call the result at each check; true once the session neither reads nor writes. */
function stuckDetector(session: ServerHttp2Session, socket: Socket): () => boolean {
  /** Bytes in both directions at the latest test, without those of tests. */
  let tested = 0;
  let testBytes = 0;
  let isTesting = false;
  let checks = 0;
  let settings = 0;
  /** Queues a frame that the client answers with one of the same size. @returns that size; 0: not now */
  const sendTest = () => {
    if (!session.closed) {
      const isQueued = session.ping((error) => {
        if (error === null) testBytes += PING_BYTES;
      });
      return isQueued ? PING_BYTES : 0;
    }
    // A closed session sends no PING.
    if (settings >= MAX_SETTINGS) return 0;
    settings++;
    session.settings({}, () => {
      settings--;
      testBytes += SETTINGS_BYTES;
    });
    return SETTINGS_BYTES;
  };
  return () => {
    if (isTesting && (session.state.outboundQueueSize ?? 0) > 0) {
      checks = unsentBytes(socket) === 0 ? checks + 1 : 0;
      return checks >= STUCK_CHECKS;
    }
    const bytes = socket.bytesRead + socket.bytesWritten - testBytes;
    const size = bytes === tested ? 0 : sendTest();
    isTesting = size > 0;
    if (!isTesting) return false;
    testBytes += size;
    tested = bytes;
    checks = 0;
    return false;
  };
}

/**
 * Bytes that wait to be written; undefined if Node does not expose them. Read from the TCP socket below TLS: after a
 * reset, the TLS socket keeps encrypted bytes that are never written.
 */
function unsentBytes(socket: Socket): number | undefined {
  const handle = memberOf(memberOf(socket, '_parent') ?? socket, '_handle');
  const size = memberOf(handle, 'writeQueueSize');
  return typeof size === 'number' ? size : undefined;
}

/** Node has no public API for these. */
function memberOf(owner: unknown, name: string): unknown {
  return owner instanceof Object ? Reflect.get(owner, name) : undefined;
}
