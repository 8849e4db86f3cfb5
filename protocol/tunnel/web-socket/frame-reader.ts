/** What a {@link FrameReader} reads; an error ends the reading. */
export interface FrameEvents {
  /** Payload of binary messages, as it arrives: messages have no meaning here. */
  onPayload(bytes: Buffer): void;
  onPing(payload: Buffer): void;
  onClose(): void;
}

/** Opcodes (RFC 6455 section 5.2). */
export const OPCODE = Object.freeze({ continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 });

const FIN = 0x80;
const MASKED = 0x80;
/** A length in the next two, or eight, bytes. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_CONTROL_BYTES = 125;
const MAX_HEADER_BYTES = 14;
/**
 * What a frame costs and its payload pays for, bytes. Each record of TLS is longer, so only a peer that sends empty
 * frames, single bytes or pings, each of which costs CPU time, uses up its credit.
 */
const FRAME_COST = 16;
const MAX_CREDIT = 64 * 1024;

/**
 * Reads the frames of one direction of a WebSocket as a stream of bytes (RFC 6455 section 5). Keeps at most a header and
 * a control frame.
 */
export class FrameReader {
  readonly #events: FrameEvents;
  /** Clients mask their frames, servers do not. */
  readonly #isMasked: boolean;
  /** Of the header, and then of a control frame's payload. */
  readonly #kept = Buffer.alloc(MAX_HEADER_BYTES + MAX_CONTROL_BYTES);
  #keptBytes = 0;
  #opcode: number | null = null;
  /** Payload bytes of the current frame that are still to come. */
  #left = 0;
  readonly #mask = Buffer.alloc(4);
  #maskAt = 0;
  /** Within a message of several frames. */
  #isFragmented = false;
  #isClosed = false;
  #credit = MAX_CREDIT;

  constructor(from: 'client' | 'server', events: FrameEvents) {
    this.#isMasked = from === 'client';
    this.#events = events;
  }

  /** Reads more bytes; unmasks them in place. @throws Error if they break the protocol, or are mostly overhead */
  read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#isClosed) {
      if (this.#opcode === null) {
        this.#kept[this.#keptBytes++] = bytes[at++] ?? 0;
        if (this.#keptBytes === 2) this.#checkHead();
        if (this.#keptBytes >= this.#headerBytes()) this.#startFrame();
      } else {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#payload(part);
      }
      if (this.#opcode !== null && this.#left === 0) this.#endFrame();
    }
  }

  /** Length of the header that starts with the bytes kept so far. */
  #headerBytes(): number {
    if (this.#keptBytes < 2) return 2;
    const length = (this.#kept[1] ?? 0) & ~MASKED;
    return 2 + (length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0) + (this.#isMasked ? 4 : 0);
  }

  /** The first two bytes of a header. @throws Error */
  #checkHead(): void {
    const [first = 0, second = 0] = this.#kept;
    const opcode = first & 0x0f;
    const isFinal = (first & FIN) !== 0;
    const isControl = opcode >= OPCODE.close;
    // Extensions use the reserved bits, and none was agreed on.
    if ((first & 0x70) !== 0) throw new Error('A WebSocket frame has a reserved bit');
    if (((second & MASKED) !== 0) !== this.#isMasked) throw new Error('A WebSocket frame is masked wrongly');
    const isValid = isControl
      ? opcode <= OPCODE.pong && isFinal && (second & ~MASKED) <= MAX_CONTROL_BYTES
      : opcode === OPCODE.binary || opcode === OPCODE.continuation;
    if (!isValid) throw new Error('A WebSocket frame is neither binary nor a valid control frame');
    if (isControl) return;
    if ((opcode === OPCODE.continuation) !== this.#isFragmented) {
      throw new Error('A WebSocket message is fragmented wrongly');
    }
    this.#isFragmented = !isFinal;
  }

  #startFrame(): void {
    const [first = 0, second = 0] = this.#kept;
    const length = second & ~MASKED;
    this.#left =
      length === LENGTH_16
        ? this.#kept.readUInt16BE(2)
        : length === LENGTH_64
          ? Number(this.#kept.readBigUInt64BE(2))
          : length;
    if (!Number.isSafeInteger(this.#left)) throw new Error('A WebSocket frame is too long');
    if (this.#isMasked) this.#kept.copy(this.#mask, 0, this.#keptBytes - 4, this.#keptBytes);
    this.#maskAt = 0;
    this.#keptBytes = 0;
    this.#opcode = first & 0x0f;
    this.#credit -= FRAME_COST;
    if (this.#credit < 0) throw new Error('A WebSocket carries more frames than its payload needs');
  }

  #payload(part: Buffer): void {
    this.#left -= part.length;
    if (this.#isMasked) this.#unmask(part);
    if (this.#opcode === OPCODE.binary || this.#opcode === OPCODE.continuation) {
      this.#credit = Math.min(MAX_CREDIT, this.#credit + part.length);
      this.#events.onPayload(part);
    } else {
      part.copy(this.#kept, this.#keptBytes);
      this.#keptBytes += part.length;
    }
  }

  #unmask(part: Buffer): void {
    const mask = this.#mask;
    // Agents of ours mask with zeros; see `stream.ts`.
    if (mask.readUInt32LE() !== 0) {
      for (let i = 0; i < part.length; i++) {
        part[i] = (part[i] ?? 0) ^ (mask[(this.#maskAt + i) & 3] ?? 0);
      }
    }
    this.#maskAt = (this.#maskAt + part.length) & 3;
  }

  #endFrame(): void {
    const opcode = this.#opcode;
    const payload = this.#kept.subarray(0, this.#keptBytes);
    this.#opcode = null;
    this.#keptBytes = 0;
    if (opcode === OPCODE.ping) this.#events.onPing(Buffer.from(payload));
    if (opcode === OPCODE.close) {
      this.#isClosed = true;
      this.#events.onClose();
    }
  }
}
