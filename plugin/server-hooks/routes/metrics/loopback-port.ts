import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { requestHost } from '../../../../protocol/network/request-host.js';
import { type ProblemCode, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { Logger } from '../../host.js';
import { answerError } from '../../http/error-reply.js';
import type { Part } from '../../lifecycle.js';
import type { HubMetrics } from '../../metrics/hub-metrics.js';

export interface LoopbackPortOptions {
  readonly port: number;
  readonly metrics: Pick<HubMetrics, 'text' | 'contentType'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Never another address: callers of this port need no token. */
const LOOPBACK = '127.0.0.1';
/** Else a page of any site could read the port by DNS rebinding. */
const LOCAL_HOST = /^(localhost|127\.0\.0\.1)(:\d+)?$/i;
const MAX_CONNECTIONS = 16;
/** Until the next attempt to listen, ms. */
const RETRY_MS = 30_000;

/** `GET /metrics` on the loopback, over HTTP and without a token. The hub runs without it while the port is not free. */
export class LoopbackPort implements Part {
  readonly #options: LoopbackPortOptions;
  #server: Server | null = null;
  #cancelRetry: (() => void) | null = null;
  #isFailing = false;

  constructor(options: LoopbackPortOptions) {
    this.#options = options;
  }

  /** Whether it waits for its port. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Resolves after the first attempt to listen. Never throws. */
  async start(): Promise<void> {
    if (this.#server || this.#cancelRetry) return;
    const { port, clock, logger } = this.#options;
    const server = createServer((req, res) => void this.#answer(req, res));
    server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
    try {
      server.listen(port, LOOPBACK);
      await once(server, 'listening');
      // Such as a lack of file descriptors; unheard it would end the process.
      server.on('error', (err) => logger.warn({ err, port }, 'the metrics port cannot accept a connection'));
      if (this.#server !== server) server.close();
      else if (this.#isFailing) logger.info({ port }, 'the metrics port listens');
      this.#isFailing = false;
    } catch (err) {
      if (this.#server !== server) return;
      this.#server = null;
      if (!this.#isFailing) {
        const code = 'metrics-port-taken' satisfies ProblemCode;
        const text =
          'cannot listen on the port of metricsPort (FAIRLEAD_METRICS_PORT): the hub runs without it and tries again every 30 s';
        logger.error({ code, port, err }, text);
      }
      this.#isFailing = true;
      this.#cancelRetry = clock.after(RETRY_MS, () => {
        this.#cancelRetry = null;
        void this.start();
      });
    }
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#isFailing = false;
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
      const body = await metrics.text();
      res.writeHead(200, { 'content-type': metrics.contentType, 'content-length': body.length });
      res.end(req.method === 'HEAD' ? undefined : body);
    } catch (error) {
      answerError(res, error);
    }
  }
}
