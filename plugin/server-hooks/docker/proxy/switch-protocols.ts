import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { type DockerPath, isAttachWebSocket, isBuildKitConnection } from '../path.js';
import { isRawStream } from './is-raw-stream.js';

/** The protocols a Docker client may request. */
export type UpgradeProtocol = 'tcp' | 'websocket' | 'h2c';

const WEBSOCKET_HEADERS = ['sec-websocket-accept', 'sec-websocket-protocol'];
const SESSION_METHOD = 'x-docker-expose-session-grpc-method';
/** How long a client may keep sending after its whole answer. */
const LINGER_MS = 1_000;
const TOKEN_TEXT = /^[\x20-\x7e]+$/;

/**
 * The protocol to request from an engine. Engines evaluate the name only on BuildKit's paths and on `attach/ws`:
 * `attach` and `exec/start` switch to `tcp` whatever was requested, and all other calls ignore `Upgrade`. `tcp` is
 * therefore safe, and no engine can be made to speak HTTP/2 unnoticed.
 */
export function askedProtocol(req: IncomingMessage, path: DockerPath): UpgradeProtocol {
  const asked = req.headers.upgrade?.toLowerCase();
  if (asked === 'h2c' && isBuildKitConnection(path)) return 'h2c';
  if (asked === 'websocket' && isAttachWebSocket(path)) return 'websocket';
  return 'tcp';
}

/**
 * The response head that turns the client's connection into a pipe to the engine. Only the headers that a Docker client
 * needs to read the stream pass from the engine's 101.
 * @throws Problem `engine-bad-response` (502) if the engine switched to another protocol
 */
export function switchingHead(answer: IncomingMessage, protocol: UpgradeProtocol): string {
  if (answer.headers.upgrade?.toLowerCase() !== protocol) {
    throw problem('engine-bad-response', {
      detail: 'The engine switched to a protocol that was not requested',
    });
  }
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`];
  const type = answer.headers['content-type'];
  if (isRawStream(type)) lines.push(`Content-Type: ${type}`);
  if (protocol === 'websocket') {
    for (const name of WEBSOCKET_HEADERS) {
      const value = answer.headers[name];
      if (typeof value === 'string' && TOKEN_TEXT.test(value)) lines.push(`${name}: ${value}`);
    }
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The headers that request the client's upgrade from an engine. */
export function upgradeHeaders(req: IncomingMessage, protocol: UpgradeProtocol): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { connection: 'Upgrade', upgrade: protocol };
  if (protocol === 'h2c') return { ...headers, ...sessionMethods(req) };
  if (protocol === 'tcp') return headers;
  for (const name of ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol']) {
    const value = req.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** The methods a BuildKit client offers, one header line each; an engine does not parse them as a list in one line. */
function sessionMethods({ headersDistinct }: IncomingMessage): OutgoingHttpHeaders {
  const methods = headersDistinct[SESSION_METHOD];
  return methods === undefined ? {} : { [SESSION_METHOD]: methods };
}

/**
 * A response object over the bare socket of an upgrade request that is not upgraded: an ordinary answer with
 * `Connection: close`. Closing with unread input would lose the answer.
 */
export function plainResponse(req: IncomingMessage, socket: Duplex, clock: Clock): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  // Typed for sockets only; a host's server may pass any other stream, and those work.
  res.assignSocket(socket as Socket);
  // The server has released this socket, so these two duties are ours.
  socket.on('drain', () => res.emit('drain'));
  res.once('finish', () => {
    res.detachSocket(socket as Socket);
    socket.resume();
    socket.end(() => {
      const close = () => socket.destroy();
      if (socket.readableEnded) close();
      else socket.once('end', close).once('close', clock.after(LINGER_MS, close));
    });
  });
  return res;
}
