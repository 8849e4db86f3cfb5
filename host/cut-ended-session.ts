import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { openStreams } from './open-streams.js';

const LOOK_MS = 1_000;
/** How many looks in a row must find the same before the connection is cut. */
const STUCK_LOOKS = 2;
const OVER_LOOKS = 2;
/** For a client that has not read yet what was sent to it. */
const UNREAD_LOOKS = 10;
const PING_BYTES = 17;
const SETTINGS_BYTES = 9;
/** Without an answer; Node ends a session that has ten. */
const MAX_SETTINGS = 5;

/**
 * Cuts the connection of an HTTP/2 session that is over, within seconds. Node does not: after a GOAWAY of either side
 * it waits for the client to close, without limit. And where nghttp2 ends a session itself, for most kinds of malformed
 * frames, Node 20 goes on as if nothing had happened, but reads no more: it sees neither the end nor a reset of the
 * connection. Such a session is found by a PING after each activity: it stays in the session's queue although the
 * socket has nothing to write. Whether and when the client answers does not matter.
 * @param socket the TLS socket below the session
 * @param lookMs default 1000
 */
export function cutEndedSession(session: ServerHttp2Session, socket: Socket, lookMs: number = LOOK_MS): void {
  const streams = openStreams(session);
  const isStuck = stuckDetector(session, socket);
  let looks = 0;
  let unread = 0;
  const looking = setInterval(() => {
    if (!session.destroyed && !(session.closed && streams() === 0)) {
      if (isStuck()) socket.destroy();
      return;
    }
    const before = unread;
    unread = unsentBytes(socket) ?? 0;
    looks = unread === before ? looks + 1 : 1;
    if (looks > (unread > 0 ? UNREAD_LOOKS : OVER_LOOKS)) socket.destroy();
  }, lookMs);
  socket.once('close', () => clearInterval(looking));
}

/** To be called at each look; true once the session neither reads nor writes any more. */
function stuckDetector(session: ServerHttp2Session, socket: Socket): () => boolean {
  /** Bytes of both directions without those of tests: how many there were at the latest test. */
  let tested = 0;
  let testBytes = 0;
  let isTesting = false;
  let looks = 0;
  let settings = 0;
  /** Queues a frame that asks for nothing but an answer of its own size. @returns that size; 0: not now */
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
      looks = unsentBytes(socket) === 0 ? looks + 1 : 0;
      return looks >= STUCK_LOOKS;
    }
    const bytes = socket.bytesRead + socket.bytesWritten - testBytes;
    const size = bytes === tested ? 0 : sendTest();
    isTesting = size > 0;
    if (!isTesting) return false;
    testBytes += size;
    tested = bytes;
    looks = 0;
    return false;
  };
}

/**
 * What waits for the system to take it; undefined where Node does not tell. Asked of the TCP socket below TLS: after a
 * reset, encrypted bytes stay with the TLS socket that nothing will ever write.
 */
function unsentBytes(socket: Socket): number | undefined {
  const handle = memberOf(memberOf(socket, '_parent') ?? socket, '_handle');
  const size = memberOf(handle, 'writeQueueSize');
  return typeof size === 'number' ? size : undefined;
}

/** Node has no public way to these. */
function memberOf(owner: unknown, name: string): unknown {
  return owner instanceof Object ? Reflect.get(owner, name) : undefined;
}
