import { FRAME, frame } from '../tunnel/h2-frames.js';

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const setting = (id: number, value: number): Buffer =>
  frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, id]), uint32(value)]));
const [END_STREAM, END_HEADERS, PADDED] = [0x1, 0x4, 0x8];
/** GET / over https of the authority `x`, in HPACK. */
const GET = Buffer.from([0x82, 0x84, 0x87, 0x41, 1, 0x78]);

/** Polite: no request was seen, nothing else is wrong. */
export const GOAWAY = frame(FRAME.goAway, 0, 0, Buffer.alloc(8));

/**
 * What ends an HTTP/2 session when it is sent after SETTINGS, by name: each breaks another rule of RFC 9113, and
 * libraries differ in which of them they answer, ignore or drop the connection for.
 */
export const HOSTILE_FRAMES: Readonly<Record<string, Buffer>> = Object.freeze({
  GOAWAY,
  'GOAWAY of wrong length': frame(FRAME.goAway, 0, 0, Buffer.alloc(4)),
  'GOAWAY on a stream': frame(FRAME.goAway, 0, 1, Buffer.alloc(8)),
  'DATA on an idle stream': frame(FRAME.data, 0, 101, Buffer.from('x')),
  'DATA on stream 0': frame(FRAME.data, 0, 0, Buffer.from('x')),
  'DATA with more padding than payload': frame(FRAME.data, PADDED, 1, Buffer.from([200, 0])),
  'broken HPACK': frame(FRAME.headers, END_STREAM | END_HEADERS, 1, Buffer.alloc(8, 0xff)),
  'HEADERS on stream 0': frame(FRAME.headers, END_STREAM | END_HEADERS, 0, GET),
  'HEADERS on a stream of the other side': frame(FRAME.headers, END_STREAM | END_HEADERS, 2, GET),
  'HEADERS cut by a PING': Buffer.concat([
    frame(FRAME.headers, 0, 1, GET),
    frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  ]),
  'CONTINUATION without HEADERS': frame(FRAME.continuation, END_HEADERS, 1, GET),
  'PUSH_PROMISE of an odd stream': frame(
    FRAME.pushPromise,
    END_HEADERS,
    1,
    Buffer.from([0, 0, 0, 3, ...GET]),
  ),
  'PRIORITY of wrong length': frame(FRAME.priority, 0, 1, Buffer.alloc(3)),
  'PING of wrong length': frame(FRAME.ping, 0, 0, Buffer.alloc(7)),
  'PING on a stream': frame(FRAME.ping, 0, 1, Buffer.alloc(8)),
  'RST_STREAM on an idle stream': frame(FRAME.reset, 0, 103, uint32(8)),
  'RST_STREAM of wrong length': frame(FRAME.reset, 0, 1, Buffer.alloc(3)),
  'SETTINGS of wrong length': frame(FRAME.settings, 0, 0, Buffer.alloc(5)),
  'SETTINGS on a stream': frame(FRAME.settings, 0, 1),
  'SETTINGS acknowledged with a payload': frame(FRAME.settings, 0x1, 0, Buffer.alloc(6)),
  'a window too large': setting(4, 0x8000_0000),
  'a frame size too small': setting(5, 1),
  'WINDOW_UPDATE of nothing': frame(FRAME.windowUpdate, 0, 0, uint32(0)),
  'WINDOW_UPDATE past the limit': frame(FRAME.windowUpdate, 0, 0, uint32(0x7fff_ffff)),
  'WINDOW_UPDATE on an idle stream': frame(FRAME.windowUpdate, 0, 105, uint32(1)),
  'a frame larger than allowed': frame(FRAME.data, 0, 1, Buffer.alloc(128 * 1024)),
});
