import test from 'ava';
import fc from 'fast-check';
import { FrameReader } from '../../../../protocol/tunnel/web-socket/frame-reader.js';

const MASK = Buffer.from([1, 2, 3, 4]);

/** A frame with any first byte, masked unless `mask` is null. */
function frame(first: number, payload: Buffer, mask: Buffer | null = MASK): Buffer {
  const { length } = payload;
  const bit = mask ? 0x80 : 0;
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const second = bit | (extended.length === 0 ? length : extended.length === 2 ? 126 : 127);
  const masked = mask ? payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0)) : payload;
  return Buffer.concat([Buffer.from([first, second]), extended, mask ?? Buffer.alloc(0), masked]);
}

function read(bytes: Buffer, cuts: readonly number[] = [], from: 'client' | 'server' = 'client') {
  const payload: Buffer[] = [];
  const seen: string[] = [];
  const reader = new FrameReader(from, {
    onPayload: (part) => payload.push(Buffer.from(part)),
    onPing: (ping) => seen.push(`ping ${ping}`),
    onClose: () => seen.push('close'),
  });
  const copy = Buffer.from(bytes);
  const places = [0, ...[...cuts].sort((a, b) => a - b).filter((cut) => cut < bytes.length), bytes.length];
  places.slice(1).forEach((end, i) => {
    reader.read(copy.subarray(places[i], end));
  });
  return { payload: Buffer.concat(payload), seen };
}

test('frames: payload arrives whole, however messages are fragmented and bytes cut', (t) => {
  const parts = fc.array(fc.uint8Array({ minLength: 20, maxLength: 300 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(parts, fc.array(fc.nat(2_000), { maxLength: 20 }), fc.boolean(), (list, cuts, isMasked) => {
      const frames = list.map((part, i) =>
        frame(
          (i === 0 ? 2 : 0) | (i === list.length - 1 ? 0x80 : 0),
          Buffer.from(part),
          isMasked ? MASK : null,
        ),
      );
      const { payload } = read(Buffer.concat(frames), cuts, isMasked ? 'client' : 'server');
      t.deepEqual(payload, Buffer.concat(list));
    }),
  );
});

test('frames: lengths of 7, 16 and 64 bits are read', (t) => {
  for (const length of [1, 125, 126, 65_535, 65_536, 200_000]) {
    const payload = Buffer.alloc(length, 'x');
    t.is(read(frame(0x82, payload)).payload.length, length);
  }
});

test('frames: pings and the close frame are reported, also within a message, and nothing is read after the close', (t) => {
  const bytes = Buffer.concat([
    frame(0x02, Buffer.from('one ')),
    frame(0x89, Buffer.from('are you there')),
    frame(0x80, Buffer.from('message')),
    frame(0x88, Buffer.from([3, 232])),
    frame(0x82, Buffer.from('late')),
  ]);
  for (const cuts of [[], Array.from(bytes.keys())]) {
    const { payload, seen } = read(bytes, cuts);
    t.is(`${payload}`, 'one message');
    t.deepEqual(seen, ['ping are you there', 'close']);
  }
});

const INVALID: Readonly<Record<string, Buffer>> = {
  'a text frame': frame(0x81, Buffer.from('text')),
  'an unknown opcode': frame(0x83, Buffer.from('x')),
  'an unknown control frame': frame(0x8b, Buffer.from('x')),
  'a reserved bit, as of a compressed message': frame(0xc2, Buffer.from('x')),
  'a frame without a mask': frame(0x82, Buffer.from('x'), null),
  'a fragmented ping': frame(0x09, Buffer.from('x')),
  'a ping of more than 125 bytes': frame(0x89, Buffer.alloc(126)),
  'a continuation of nothing': frame(0x80, Buffer.from('x')),
  'a message within a message': Buffer.concat([frame(0x02, Buffer.from('x')), frame(0x82, Buffer.from('x'))]),
  'a length past 2^53': Buffer.from([0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
};
for (const [name, bytes] of Object.entries(INVALID)) {
  test(`frames: ${name} is refused`, (t) => {
    t.throws(() => read(bytes));
  });
}

test('frames: a server’s frames must not be masked', (t) => {
  t.throws(() => read(frame(0x82, Buffer.from('x')), [], 'server'));
});

for (const [name, one] of [
  ['empty frames', frame(0x82, Buffer.alloc(0))],
  ['pings', frame(0x89, Buffer.alloc(0))],
  ['single bytes', frame(0x82, Buffer.alloc(1))],
] as const) {
  test(`frames: nothing but ${name} is refused after a while`, (t) => {
    t.throws(() => read(Buffer.concat(Array.from({ length: 10_000 }, () => one))));
    t.notThrows(() => read(Buffer.concat(Array.from({ length: 1_000 }, () => one))));
  });
}

test('frames: a ping for each of a long series of short records is no flood', (t) => {
  const pair = Buffer.concat([frame(0x82, Buffer.alloc(39)), frame(0x89, Buffer.alloc(4))]);
  t.notThrows(() => read(Buffer.concat(Array.from({ length: 20_000 }, () => pair))));
});
