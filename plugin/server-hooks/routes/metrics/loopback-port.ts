import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { requestHost } from '../../../../protocol/network/request-host.js';
import { problem } from '../../../../protocol/problems.js';
import { answerError } from '../../http/error-reply.js';
import type { HubMetrics } from '../../metrics/hub-metrics.js';

export interface LoopbackPortOptions {
  readonly port: number;
  readonly metrics: Pick<HubMetrics, 'text' | 'contentType'>;
}

/** Never another address: whoever reaches this port needs no token. */
const LOOPBACK = '127.0.0.1';
/** Else a page of any site could read the port by DNS rebinding. */
const LOCAL_HOST = /^(localhost|127\.0\.0\.1)(:\d+)?$/i;
const MAX_CONNECTIONS = 16;

/** `GET /metrics` on the loopback, over HTTP and without a token. */
export class LoopbackPort {
  readonly #options: LoopbackPortOptions;
  #server: Server | null = null;

  constructor(options: LoopbackPortOptions) {
    this.#options = options;
  }

  /** @throws Node's listen errors */
  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer((req, res) => void this.#answer(req, res));
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(this.#options.port, LOOPBACK);
    await once(server, 'listening');
    this.#server = server;
  }

  /** Safe to call twice. */
  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = null;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      if (!LOCAL_HOST.test(requestHost(req) ?? '')) throw problem('bad-host');
      if (req.url?.split('?')[0] !== '/metrics') throw problem('not-found');
      if (req.method !== 'GET' && req.method !== 'HEAD') throw problem('method-not-allowed');
      const { metrics } = this.#options;
      const body = Buffer.from(await metrics.text());
      res.writeHead(200, { 'content-type': metrics.contentType, 'content-length': body.length });
      res.end(req.method === 'HEAD' ? undefined : body);
    } catch (error) {
      answerError(res, error);
    }
  }
}
