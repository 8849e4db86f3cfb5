import type { IncomingMessage } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { problem } from '../../../../protocol/problems.js';

const CRLF = Buffer.from('\r\n');
/** Length and extension of a chunk, and each trailer. */
const MAX_LINE_BYTES = 4 * 1024;
const MAX_TRAILERS = 32;

/**
 * The body of an upgrade request, read from the bare socket. It arrives in `head`, on the socket, or in both, followed
 * by the first bytes of stdin, which stay on the socket. Once destroyed it reads nothing more: clients such as
 * dockerode send a chunked body without an end, and what follows the protocol switch is not chunked.
 *
 * Errors: `bad-upgrade-body` (400), `client-gone` (499).
 */
export class UpgradeBody extends Readable {
  readonly #socket: Duplex;
  readonly #isChunked: boolean;
  /** Read from the socket, not parsed yet. */
  #raw: Buffer = Buffer.alloc(0);
  #isDetached = false;
  #isWanted = false;
  /** Bytes missing from the body, or from the chunk. */
  #missing: number;
  /** The next element of a chunked body. */
  #state: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #trailers = 0;
  readonly #onReadable = () => this.#parse();
  readonly #onClose = () =>
    this.destroy(
      problem('client-gone', { detail: 'The client disconnected before its request was complete' }),
    );

  constructor(req: IncomingMessage, socket: Duplex, head: Buffer) {
    super();
    this.#socket = socket;
    const coding = req.headers['transfer-encoding'];
    this.#isChunked = coding !== undefined;
    this.#missing = this.#isChunked ? 0 : Number(req.headers['content-length'] ?? 0);
    if (head.length > 0) socket.unshift(head);
    if (this.#isChunked && coding?.trim().toLowerCase() !== 'chunked') this.#refuse();
    if (req.headers.expect !== undefined && head.length === 0) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.on('readable', this.#onReadable);
    socket.on('end', this.#onClose);
    socket.on('close', this.#onClose);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#parse();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detach();
    callback(error);
  }

  #parse(): void {
    while (!this.#isDetached && this.#isWanted) {
      if (this.#isChunked && this.#state !== 'data' ? this.#readLine() : this.#readData()) continue;
      const more: Buffer | null = this.#isDetached ? null : this.#socket.read();
      if (more === null) return;
      this.#raw = this.#raw.length === 0 ? more : Buffer.concat([this.#raw, more]);
    }
    // If everything were read, the socket would end, and what follows the body could not be unshifted.
    if (!this.#isDetached) this.#giveBack();
  }

  /** @returns whether there was data */
  #readData(): boolean {
    const own = this.#raw.subarray(0, this.#missing);
    if (own.length === 0) return false;
    this.#raw = this.#raw.subarray(own.length);
    this.#missing -= own.length;
    this.#isWanted = this.push(own);
    if (this.#missing === 0 && this.#isChunked) this.#state = 'data-end';
    else if (this.#missing === 0) this.#end();
    return true;
  }

  /** @returns whether there was a complete line */
  #readLine(): boolean {
    const end = this.#raw.indexOf(CRLF);
    if (end > MAX_LINE_BYTES || (end === -1 && this.#raw.length > MAX_LINE_BYTES)) this.#refuse();
    if (end === -1 || this.#isDetached) return false;
    const line = this.#raw.toString('latin1', 0, end);
    this.#raw = this.#raw.subarray(end + CRLF.length);
    this.#parseLine(line);
    return true;
  }

  #parseLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') this.#refuse();
      this.#state = 'size';
    } else if (this.#state === 'trailer') {
      this.#trailers += 1;
      if (line === '') this.#end();
      else if (this.#trailers > MAX_TRAILERS) this.#refuse();
    } else {
      const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (size === undefined) this.#refuse();
      this.#missing = Number.parseInt(size ?? '0', 16);
      this.#state = this.#missing > 0 ? 'data' : 'trailer';
    }
  }

  #end(): void {
    this.#detach();
    this.push(null);
  }

  #detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#socket.off('readable', this.#onReadable);
    this.#socket.off('end', this.#onClose);
    this.#socket.off('close', this.#onClose);
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#raw.length > 0 && !this.#socket.readableEnded) this.#socket.unshift(this.#raw);
    this.#raw = Buffer.alloc(0);
  }

  #refuse(): void {
    this.destroy(problem('bad-upgrade-body'));
  }
}
