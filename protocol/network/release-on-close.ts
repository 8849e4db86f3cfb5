import type { Http2Session } from 'node:http2';

/**
 * Removes an HTTP/2 session's listeners once it has closed, so that it cannot keep the objects they reference in memory.
 *
 * Node holds on to a session whose peer has not acknowledged all settings. It frees it at the end unless the session's
 * error can be reached from it, because the stack trace of the error refers back to the session. A listener that
 * holds the socket is such a path: without this, a peer that breaks the protocol and leaves costs memory for good.
 */
export function releaseOnClose(session: Http2Session): void {
  session.once('close', () => {
    // A later error must not end the process.
    session.removeAllListeners().on('error', () => undefined);
  });
}
