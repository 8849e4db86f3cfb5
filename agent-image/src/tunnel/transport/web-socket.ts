import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { TUNNEL_PATH } from '../../../../protocol/messages/agent-calls.js';
import { urlAddress } from '../../../../protocol/network/url-address.js';
import { AGENT_PROBLEMS, problem } from '../../../../protocol/problems/agent.js';
import { plain } from '../../../../protocol/problems/problem.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { acceptKey } from '../../../../protocol/tunnel/web-socket/accept-key.js';
import { WebSocketStream } from '../../../../protocol/tunnel/web-socket/stream.js';
import { secureTunnel, type TlsOptions } from './tls.js';
import type { Transport } from './transport.js';

export interface WebSocketOptions extends TlsOptions {
  /** The plugin's base URL, as in the Edge key. */
  readonly apiUrl: string;
  /** Dials the API as check-ins do, and keeps no connections. */
  readonly agent: http.Agent;
  /** Explains why the API's address cannot be reached. */
  readonly toHubError: (error: unknown) => Error;
}

/**
 * Opens a WebSocket at the API's address, and performs the tunnel's own TLS inside: the pin holds through whatever ends
 * the outer TLS.
 * @throws Problem what `secureTunnel` or `toHubError` makes, or `tunnel-websocket-refused`
 */
export async function dialWebSocket(options: WebSocketOptions): Promise<Transport> {
  const url = new URL(`${options.apiUrl}${TUNNEL_PATH}`);
  const wire = await upgrade(url, options);
  const socket = await secureTunnel(wire, urlAddress(url).host, options);
  return { socket, wire, path: 'api' };
}

function upgrade(url: URL, options: WebSocketOptions): Promise<WebSocketStream> {
  const { agent, clock, signal, toHubError } = options;
  const { request } = url.protocol === 'https:' ? https : http;
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      cancel();
      reject(error);
      req.destroy();
    };
    const req = request(url, {
      agent,
      insecureHTTPParser: false,
      ...(signal && { signal }),
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      },
    });
    const cancel = clock.after(TUNNEL.handshakeMs, () =>
      fail(problem('hub-unreachable', { detail: `No answer within ${TUNNEL.handshakeMs / 1_000} s` })),
    );
    req.on('error', (error) => fail(toHubError(error)));
    req.on('response', ({ statusCode = 0 }) => fail(refused(statusCode)));
    req.on('upgrade', ({ headers, statusCode = 0 }, socket: Duplex, head) => {
      if (headers['sec-websocket-accept'] !== acceptKey(key)) {
        socket.destroy();
        return fail(refused(statusCode));
      }
      cancel();
      resolve(new WebSocketStream({ socket, head, side: 'client', clock }));
    });
    req.end();
  });
}

function refused(status: number): Error {
  const { sentence, nextStep } = AGENT_PROBLEMS['tunnel-websocket-refused'];
  return problem('tunnel-websocket-refused', { detail: `${sentence} (${status}). ${plain(nextStep)}` });
}
