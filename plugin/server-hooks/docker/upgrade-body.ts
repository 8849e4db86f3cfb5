import type { IncomingMessage } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';

const CRLF = Buffer.from('\r\n');
/** Length and extension of a chunk, and each trailer. */
const MAX_LINE_BYTES = 4 * 1024;
const MAX_TRAILERS = 32;

/**
 * The body of an upgrade request, taken off the bare socket. It comes in `head`, on the socket, or in both, with the
 * first bytes of stdin right behind it, which stay on the socket. Destroyed, it takes nothing more: clients such as
 * dockerode send a chunked body that they never end, and what follows the switch of protocols is not chunked.
 *
 * Errors: `bad-upgrade-body` (400), `client-gone` (499).
 */
export class UpgradeBody extends Readable {
  readonly #socket: Duplex;
  readonly #isChunked: boolean;
  /** Off the socket and not yet looked at. */
  #raw: Buffer = Buffer.alloc(0);
  #hasLeft = false;
  #isWanted = false;
  /** Bytes missing of the body, or of the chunk. */
  #missing: number;
  /** What comes next in a chunked body. */
  #part: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #trailers = 0;
  readonly #onReadable = () => this.#parse();
  readonly #onGone = () =>
    this.destroy(
      new EdgeError('client-gone', 'The client left before its request was whole', { status: 499 }),
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
    socket.on('end', this.#onGone);
    socket.on('close', this.#onGone);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#parse();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave();
    callback(error);
  }

  #parse(): void {
    while (!this.#hasLeft && this.#isWanted) {
      if (this.#isChunked && this.#part !== 'data' ? this.#readLine() : this.#readData()) continue;
      const more: Buffer | null = this.#hasLeft ? null : this.#socket.read();
      if (more === null) return;
      this.#raw = this.#raw.length === 0 ? more : Buffer.concat([this.#raw, more]);
    }
    // With everything taken the socket would end, and what is behind the body could not be given back.
    if (!this.#hasLeft) this.#giveBack();
  }

  /** @returns whether there was any */
  #readData(): boolean {
    const own = this.#raw.subarray(0, this.#missing);
    if (own.length === 0) return false;
    this.#raw = this.#raw.subarray(own.length);
    this.#missing -= own.length;
    this.#isWanted = this.push(own);
    if (this.#missing === 0 && this.#isChunked) this.#part = 'data-end';
    else if (this.#missing === 0) this.#end();
    return true;
  }

  /** @returns whether there was a whole one */
  #readLine(): boolean {
    const end = this.#raw.indexOf(CRLF);
    if (end > MAX_LINE_BYTES || (end === -1 && this.#raw.length > MAX_LINE_BYTES)) this.#refuse();
    if (end === -1 || this.#hasLeft) return false;
    const line = this.#raw.toString('latin1', 0, end);
    this.#raw = this.#raw.subarray(end + CRLF.length);
    this.#parseLine(line);
    return true;
  }

  #parseLine(line: string): void {
    if (this.#part === 'data-end') {
      if (line !== '') this.#refuse();
      this.#part = 'size';
    } else if (this.#part === 'trailer') {
      this.#trailers += 1;
      if (line === '') this.#end();
      else if (this.#trailers > MAX_TRAILERS) this.#refuse();
    } else {
      const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (size === undefined) this.#refuse();
      this.#missing = Number.parseInt(size ?? '0', 16);
      this.#part = this.#missing > 0 ? 'data' : 'trailer';
    }
  }

  #end(): void {
    this.#leave();
    this.push(null);
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#socket.off('readable', this.#onReadable);
    this.#socket.off('end', this.#onGone);
    this.#socket.off('close', this.#onGone);
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#raw.length > 0 && !this.#socket.readableEnded) this.#socket.unshift(this.#raw);
    this.#raw = Buffer.alloc(0);
  }

  #refuse(): void {
    this.destroy(
      new EdgeError('bad-upgrade-body', 'The body of the request to upgrade is not framed as HTTP says', {
        status: 400,
      }),
    );
  }
}
