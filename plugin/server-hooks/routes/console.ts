import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { problem } from '../../../protocol/problems.js';
import { type ConsoleOptions, serveConsole } from '../docker/console/console.js';
import type { Tickets } from '../docker/console/tickets.js';
import { plainResponse } from '../docker/proxy/switch-protocols.js';
import { answerError } from '../http/error-reply.js';
import type { Gateway } from '../http/gateway.js';
import { requireHost } from '../http/guards/require-host.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';

const CONSOLE = /^(\/api\/environments\/[^?#]+\/exec\/[a-f0-9]{64}\/ws)\?ticket=([A-Za-z0-9_-]{43})$/;
/** Largest frame from a browser, bytes: enough for large pastes. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export interface ConsoleDeps extends ConsoleOptions {
  readonly gateway: Gateway;
  readonly options: Pick<ResolvedOptions, 'publicUrl'>;
  readonly store: Pick<Store, 'settings'>;
  readonly tickets: Tickets;
}

/** `GET /api/environments/:id[/nodes/:node]/exec/:execId/ws?ticket=…`, upgraded to a WebSocket. */
export class ConsoleRoute {
  readonly #deps: ConsoleDeps;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });

  constructor(deps: ConsoleDeps) {
    this.#deps = deps;
  }

  /** Whether a URL below the mount is a console's. */
  serves(url: string): boolean {
    return CONSOLE.test(url);
  }

  /** @returns false if the URL is not a console's; the socket is untouched then */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    const [, path, ticket] = CONSOLE.exec(url) ?? [];
    if (path === undefined || ticket === undefined) return false;
    const { gateway, options, store, tickets } = this.#deps;
    socket.on('error', () => socket.destroy());
    const call = gateway.open('console', 'exec', req, socket);
    try {
      requireHost(req);
      requireOwnPage(req, store.settings().publicUrl ?? options.publicUrl);
      // The ticket carries the authorization of its issue.
      const target = tickets.redeem(ticket, path);
      call.environmentId = target.environmentId;
      call.principalId = target.principalId;
      this.#accept(req, socket, head, (ws) => void serveConsole(ws, target, this.#deps));
    } catch (error) {
      gateway.failed.console.add(error);
      const res = plainResponse(req, socket, this.#deps.clock);
      // RFC 6455, section 4.4.
      res.setHeader('sec-websocket-version', '13, 8');
      call.status = answerError(res, error);
    }
    return true;
  }

  /** @throws Problem `method-not-allowed` (405), `bad-request` (400) if it is not a WebSocket handshake */
  #accept(req: IncomingMessage, socket: Duplex, head: Buffer, onOpen: (ws: WebSocket) => void): void {
    if (req.method !== 'GET') throw problem('method-not-allowed');
    let refusal: Error | null = null;
    const onRefusal = (error: Error) => {
      refusal = error;
    };
    // Synchronous. Without a listener `ws` answers itself.
    this.#server.once('wsClientError', onRefusal);
    this.#server.handleUpgrade(req, socket, head, onOpen);
    this.#server.off('wsClientError', onRefusal);
    if (refusal) throw problem('bad-request', { detail: (refusal as Error).message });
  }
}

/**
 * Browsers let any page open a WebSocket anywhere, and name the page in `Origin` (RFC 6455, section 10.2).
 * @throws Problem `origin-foreign` (403)
 */
function requireOwnPage({ headers }: IncomingMessage, publicUrl: string | null): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  const isOwn = URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  const isPublic = publicUrl !== null && origin === new URL(publicUrl).origin;
  if (isOwn || isPublic) return;
  throw problem('origin-foreign');
}
