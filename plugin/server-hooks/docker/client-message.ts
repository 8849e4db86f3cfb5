import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { resetSocket } from '../../../protocol/tunnel/reset-socket.js';

/** A client's request over HTTP/1.1 or HTTP/2. */
export type ClientRequest = IncomingMessage | Http2ServerRequest;
/** The response to it. */
export type ClientResponse = ServerResponse | Http2ServerResponse;

/** Whether a request carries a body, even an empty one. */
export function hasBody(req: ClientRequest): boolean {
  if (req instanceof Http2ServerRequest) return !req.stream.endAfterHeaders;
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Resets a response so that the client cannot mistake it for a complete one. A destroyed HTTP/2 stream without an
 * error, or an ended HTTP/1.0 connection, would appear to be a regular end.
 */
export function resetResponse(res: ClientResponse): void {
  if (res instanceof Http2ServerResponse) {
    res.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else if (res.socket !== null && !res.writableFinished) {
    resetSocket(res.socket, new Error('The answer was aborted'));
  }
}

/** Discards the rest of a request's body, so that a rejected upload does not block the connection. */
export function discardBody(req: ClientRequest): void {
  req.unpipe();
  req.resume();
}

/**
 * Keeps the connection open when the answer precedes the end of the upload: closing it with unread input would lose the
 * answer. A client that wants it closed does so once it has the answer.
 */
export function outliveUpload(req: ClientRequest, res: ClientResponse): void {
  if (res instanceof Http2ServerResponse || !hasBody(req) || req.complete || req.httpVersion !== '1.1')
    return;
  if (!res.headersSent) res.shouldKeepAlive = true;
}

/** Whether a response can still be started. */
export function isOpen(res: ClientResponse): boolean {
  if (res instanceof Http2ServerResponse) return !res.writableEnded && res.stream?.destroyed === false;
  return !res.writableEnded && !res.destroyed;
}

/**
 * Asks an HTTP/2 client to stop uploading once its whole answer is sent (RFC 9113 section 8.1). Not earlier: a stream that is
 * closed before its empty answer is sent makes Node 20 send DATA frames without end.
 */
export function endUpload(req: ClientRequest, res: ClientResponse): void {
  if (!(req instanceof Http2ServerRequest) || !(res instanceof Http2ServerResponse)) return;
  const { stream } = req;
  if (stream.destroyed || stream.endAfterHeaders || !stream.writableEnded) return;
  const close = () => stream.close(constants.NGHTTP2_NO_ERROR);
  if (stream.writableFinished) close();
  else stream.once('finish', close);
}
