import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import { type DockerPath, isAttachWebSocket, isBuildKitConnection } from './docker-path.js';
import { isRawStream } from './is-raw-stream.js';

/** The protocols a Docker client may ask for. */
export type UpgradeProtocol = 'tcp' | 'websocket' | 'h2c';

const WEBSOCKET_HEADERS = ['sec-websocket-accept', 'sec-websocket-protocol'];
const SESSION_METHOD = 'x-docker-expose-session-grpc-method';
/** How long a client may go on sending after it has its whole answer. */
const LINGER_MS = 1_000;
const TOKEN_TEXT = /^[\x20-\x7e]+$/;

/**
 * The protocol that an engine is asked for. It minds the name on BuildKit's paths and on `attach/ws` only: `attach` and
 * `exec/start` switch to `tcp` whatever was asked for, and every other call ignores `Upgrade`. So does `tcp`, and no
 * engine can be talked into HTTP/2 behind the hub's back.
 */
export function askedProtocol(req: IncomingMessage, path: DockerPath): UpgradeProtocol {
  const asked = req.headers.upgrade?.toLowerCase();
  if (asked === 'h2c' && isBuildKitConnection(path)) return 'h2c';
  if (asked === 'websocket' && isAttachWebSocket(path)) return 'websocket';
  return 'tcp';
}

/**
 * The head that tells a client that its connection is now a pipe to the engine. Nothing of the engine's own
 * 101 passes but what a Docker client needs to read the stream.
 * @throws EdgeError `engine-bad-response` (502) where the engine switched to something else
 */
export function switchingHead(answer: IncomingMessage, protocol: UpgradeProtocol): string {
  if (answer.headers.upgrade?.toLowerCase() !== protocol) {
    throw new EdgeError('engine-bad-response', 'The engine switched to a protocol nobody asked for', {
      status: 502,
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

/** The headers that ask an engine for the same upgrade as the client did. */
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

/** What a BuildKit client offers, a header line for each; as a list in one line an engine would find none of it. */
function sessionMethods({ headersDistinct }: IncomingMessage): OutgoingHttpHeaders {
  const methods = headersDistinct[SESSION_METHOD];
  return methods === undefined ? {} : { [SESSION_METHOD]: methods };
}

/**
 * A response object over the bare socket of an upgrade request, for the case that there is no upgrade:
 * an ordinary answer with `Connection: close`. Closed with input unread, a connection takes its answer with it.
 */
export function plainResponse(req: IncomingMessage, socket: Duplex, clock: Clock): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  // By its type for sockets only; a host's server may have taken in any other stream, and those do.
  res.assignSocket(socket as Socket);
  // The server let go of this socket, and with it of these two duties.
  socket.on('drain', () => res.emit('drain'));
  res.once('finish', () => {
    res.detachSocket(socket as Socket);
    socket.resume();
    socket.end(() => {
      const leave = () => socket.destroy();
      if (socket.readableEnded) leave();
      else socket.once('end', leave).once('close', clock.after(LINGER_MS, leave));
    });
  });
  return res;
}
