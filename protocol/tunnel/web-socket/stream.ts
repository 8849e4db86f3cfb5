import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '../../time/clock.js';
import { TUNNEL } from '../tunnel-settings.js';
import { FrameReader, OPCODE } from './frame-reader.js';

export interface WebSocketStreamOptions {
  /** The upgraded connection. */
  readonly socket: Duplex & Partial<Pick<Socket, 'setKeepAlive' | 'setNoDelay'>>;
  /** What arrived with the upgrade. */
  readonly head: Buffer;
  readonly side: 'client' | 'server';
  readonly clock: Clock;
}

type Done = (error?: Error | null) => void;

/** Normal closure (RFC 6455 section 7.4.1). */
const NORMAL = Buffer.from([0x03, 0xe8]);

/**
 * The bytes that binary messages of a WebSocket carry, in both directions, without regard to where one ends. Never holds
 * more than one chunk. A connection that ends without a close frame is an error, so that a truncation is not an end.
 *
 * A client masks with zeros: masking protects proxies from bytes that a web page chose (RFC 6455 section 10.3), and here
 * all bytes are TLS records.
 */
export class WebSocketStream extends Duplex {
  /** Payload received: unlike bytes of the connection, it cannot come from a proxy. */
  bytesRead = 0;
  readonly #socket: WebSocketStreamOptions['socket'];
  readonly #clock: Clock;
  readonly #isClient: boolean;
  readonly #reader: FrameReader;
  #isPonging = false;
  #hasClosed = false;

  constructor({ socket, head, side, clock }: WebSocketStreamOptions) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#clock = clock;
    this.#isClient = side === 'client';
    this.#reader = new FrameReader(side === 'client' ? 'server' : 'client', {
      onPayload: (bytes) => {
        this.bytesRead += bytes.length;
        if (!this.push(bytes)) socket.pause();
      },
      onPing: (payload) => this.#pong(payload),
      onClose: () => {
        this.#hasClosed = true;
        this.push(null);
      },
    });
    socket.setNoDelay?.(true);
    socket.on('error', (error) => this.destroy(error));
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.once('end', () => this.#lost());
    socket.once('close', () => this.#lost());
    if (head.length > 0) this.#received(Buffer.from(head));
  }

  setKeepAlive(isOn: boolean, delayMs: number): void {
    this.#socket.setKeepAlive?.(isOn, delayMs);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  /** After a clean end with a close frame; emits `close` when the connection has closed. */
  override _destroy(error: Error | null, done: Done): void {
    const socket = this.#socket;
    if (socket.destroyed) {
      done(error);
      return;
    }
    socket.once('close', () => done(error));
    if (error || !this.writableFinished || socket.writableNeedDrain) {
      socket.destroy();
      return;
    }
    socket.once(
      'close',
      this.#clock.after(TUNNEL.goodbyeMs, () => socket.destroy()),
    );
    // Read on: closing with unread bytes would reset the connection, which overtakes the close frame.
    socket.resume();
    socket.end(this.#frame(OPCODE.close, NORMAL));
  }

  #received(bytes: Buffer): void {
    if (this.destroyed) return;
    try {
      this.#reader.read(bytes);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #lost(): void {
    if (!this.#hasClosed) this.destroy(new Error('The WebSocket ended without a close frame'));
    else if (this.#socket.destroyed) this.destroy();
  }

  #send(chunks: readonly Buffer[], done: Done): void {
    const socket = this.#socket;
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    const last = chunks.at(-1);
    if (bytes === 0 || last === undefined) {
      done();
      return;
    }
    socket.cork();
    socket.write(this.#header(OPCODE.binary, bytes));
    for (const chunk of chunks.slice(0, -1)) socket.write(chunk);
    socket.write(last, done);
    socket.uncork();
  }

  /** Answers one ping at a time: a peer that sends pings and reads nothing must not fill the memory. */
  #pong(payload: Buffer): void {
    if (this.#isPonging || this.#socket.writableEnded) return;
    this.#isPonging = true;
    this.#socket.write(this.#frame(OPCODE.pong, payload), () => {
      this.#isPonging = false;
    });
  }

  #frame(opcode: number, payload: Buffer): Buffer {
    return Buffer.concat([this.#header(opcode, payload.length), payload]);
  }

  #header(opcode: number, length: number): Buffer {
    const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const header = Buffer.alloc(2 + lengthBytes + (this.#isClient ? 4 : 0));
    header[0] = 0x80 | opcode;
    header[1] = (this.#isClient ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
    if (lengthBytes === 2) header.writeUInt16BE(length, 2);
    if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
    return header;
  }
}
