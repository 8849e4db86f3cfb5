import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { resetSocket } from '../../../protocol/tunnel/reset-socket.js';

/** A client's request, by HTTP/1.1 or HTTP/2. */
export type ClientRequest = IncomingMessage | Http2ServerRequest;
/** The answer to it. */
export type ClientResponse = ServerResponse | Http2ServerResponse;

/** Whether a request carries a body, even an empty one. */
export function hasBody(req: ClientRequest): boolean {
  if (req instanceof Http2ServerRequest) return !req.stream.endAfterHeaders;
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Breaks an answer off so that the client cannot take it for a whole one. A destroyed HTTP/2 stream without
 * an error, or an ended HTTP/1.0 connection, would look like a regular end.
 */
export function resetResponse(res: ClientResponse): void {
  if (res instanceof Http2ServerResponse) {
    res.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else if (res.socket !== null && !res.writableFinished) {
    resetSocket(res.socket, new Error('The answer was cut'));
  }
}

/** Lets the rest of a request's body go, so that a refused upload cannot hold the connection. */
export function discardBody(req: ClientRequest): void {
  req.unpipe();
  req.resume();
}

/**
 * Keeps the connection of an answer that comes before the upload is over: closed with input unread, it would take its
 * answer with it. A client that wants it closed does so itself once it has the answer.
 */
export function outliveUpload(req: ClientRequest, res: ClientResponse): void {
  if (res instanceof Http2ServerResponse || !hasBody(req) || req.complete || req.httpVersion !== '1.1')
    return;
  if (!res.headersSent) res.shouldKeepAlive = true;
}

/** Whether a response can still be begun. */
export function isOpen(res: ClientResponse): boolean {
  if (res instanceof Http2ServerResponse) return !res.writableEnded && res.stream?.destroyed === false;
  return !res.writableEnded && !res.destroyed;
}

/** Tells an HTTP/2 client that has its whole answer to stop uploading (RFC 9113 section 8.1). */
export function endUpload(req: ClientRequest, res: ClientResponse): void {
  if (!(req instanceof Http2ServerRequest) || !(res instanceof Http2ServerResponse)) return;
  const { stream } = req;
  if (!stream.destroyed && !stream.endAfterHeaders && stream.writableEnded)
    stream.close(constants.NGHTTP2_NO_ERROR);
}
