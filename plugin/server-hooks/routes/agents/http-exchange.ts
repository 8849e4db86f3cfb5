import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOpen, resetResponse } from '../../docker/client-message.js';
import { endWithConnection } from '../../http/end-with-connection.js';
import type { CheckInExchange } from './check-in-exchange.js';

/** A check-in that Node's HTTP server has received. */
export class HttpExchange implements CheckInExchange {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req;
    this.#res = res;
  }

  get statusCode(): number {
    return this.#res.statusCode;
  }

  get headersSent(): boolean {
    return this.#res.headersSent;
  }

  answer(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    if (this.#res.destroyed || this.#res.headersSent) return;
    const length = status === 304 ? {} : { 'content-length': body.length };
    this.#res.writeHead(status, { ...headers, ...length });
    this.#res.end(body);
  }

  abort(): void {
    resetResponse(this.#res);
  }

  once(_event: 'close', listener: () => void): void {
    this.#res.once('close', listener);
    endWithConnection(this.#req, this.#res);
    // It closed before: `close` has been emitted.
    if (!isOpen(this.#res)) listener();
  }
}
