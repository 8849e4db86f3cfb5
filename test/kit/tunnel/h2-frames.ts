import type { Readable } from 'node:stream';

/** Types of HTTP/2 frames (RFC 9113 section 6). */
export const FRAME = Object.freeze({
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
});

/** One HTTP/2 frame, byte for byte: for peers that do what no library would. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** What an HTTP/2 client sends first. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const EMPTY_SETTINGS = frame(FRAME.settings, 0, 0);
/** `:status 200` in HPACK (RFC 7541 appendix A, index 8), without END_STREAM. */
export const status200 = (stream: number): Buffer => frame(FRAME.headers, 0x4, stream, Buffer.from([0x88]));

/** Frames that carry nothing and cost the reader work, by name. */
export const FLOODS: Readonly<Record<string, Buffer>> = Object.freeze({
  WINDOW_UPDATE: frame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])),
  'PING answers': frame(FRAME.ping, 0x1, 0, Buffer.alloc(8)),
  PING: frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  SETTINGS: EMPTY_SETTINGS,
  'RST_STREAM of a stream that is over': frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 0])),
});

/**
 * Resolves when the hub, an HTTP/2 client, has opened that stream, or, by `type`, has sent another frame of it; what
 * it says is read from now on.
 */
export function untilStream(socket: Readable, stream: number, type: number = FRAME.headers): Promise<void> {
  let bytes = Buffer.alloc(0);
  let at = PREFACE.length;
  return new Promise((resolve, reject) => {
    const check = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (; bytes.length >= at + 9; at += 9 + bytes.readUIntBE(at, 3)) {
        if (bytes.readUInt8(at + 3) !== type || bytes.readUInt32BE(at + 5) !== stream) continue;
        socket.off('data', check).resume();
        resolve();
        return;
      }
    };
    socket.on('data', check);
    socket.once('close', () => reject(new Error(`closed before a frame ${type} of stream ${stream}`)));
  });
}
