import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TUNNEL_PATH } from '../../../../protocol/messages/agent-calls.js';
import { problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { acceptKey } from '../../../../protocol/tunnel/web-socket/accept-key.js';
import { plainResponse } from '../../docker/proxy/switch-protocols.js';
import { answerError } from '../../http/error-reply.js';
import type { Gateway } from '../../http/gateway.js';
import { requireHost } from '../../http/guards/require-host.js';
import type { WebSockets } from '../../tunnel/transport/web-sockets.js';

/** 16 bytes as base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const VERSION = '13';

export interface TunnelRouteDeps {
  readonly gateway: Gateway;
  readonly webSockets: WebSockets;
  readonly clock: Clock;
}

/**
 * `GET /agent/tunnel`, upgraded to a WebSocket that carries what the tunnel port carries. The request is anonymous, as a
 * connection to that port is: both sides authenticate inside.
 */
export class TunnelRoute {
  readonly #deps: TunnelRouteDeps;

  constructor(deps: TunnelRouteDeps) {
    this.#deps = deps;
  }

  /** Whether a URL below the mount is the tunnel's. */
  serves(url: string): boolean {
    return url === TUNNEL_PATH;
  }

  /** @returns false if the URL is not the tunnel's; the socket is untouched then */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (!this.serves(url)) return false;
    const { gateway, webSockets, clock } = this.#deps;
    socket.on('error', () => socket.destroy());
    const call = gateway.open('agent', TUNNEL_PATH, req, socket);
    try {
      requireHost(req);
      const key = requireHandshake(req);
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${acceptKey(key)}`,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      webSockets.accept(socket, head, req.socket.remoteAddress);
    } catch (error) {
      gateway.failed.agent.add(error);
      const res = plainResponse(req, socket, clock);
      // RFC 6455, section 4.4.
      res.setHeader('sec-websocket-version', VERSION);
      call.status = answerError(res, error);
    }
    return true;
  }
}

/**
 * The key of a WebSocket handshake (RFC 6455 section 4.2.1).
 * @throws Problem `method-not-allowed` (405), `origin-foreign` (403) for browsers, `bad-request` (400)
 */
function requireHandshake({ method, headers }: IncomingMessage): string {
  if (method !== 'GET') throw problem('method-not-allowed');
  if (headers.origin !== undefined) throw problem('origin-foreign');
  const key = headers['sec-websocket-key'] ?? '';
  const isHandshake = headers.upgrade?.toLowerCase() === 'websocket' && KEY.test(key);
  if (!isHandshake || headers['sec-websocket-version'] !== VERSION) {
    throw problem('bad-request', { detail: 'The request is not a WebSocket handshake' });
  }
  return key;
}
