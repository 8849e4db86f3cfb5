import test from 'ava';
import { LogDecoder } from '../../../../plugin/ui-panel/engine/log-decoder.js';

function frame(stream: number, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

test('log decoder: frames and characters come whole wherever the stream is cut', (t) => {
  const arrow = Buffer.from('→');
  const bytes = Buffer.concat([
    frame(1, 'größe '),
    frame(1, arrow.subarray(0, 1)),
    frame(2, 'err '),
    frame(1, arrow.subarray(1)),
    frame(1, ''),
    frame(1, '\n'),
  ]);
  for (const size of [1, 3, 8, 9, 1000]) {
    const decoder = new LogDecoder(false);
    let text = '';
    for (let at = 0; at < bytes.length; at += size) text += decoder.push(bytes.subarray(at, at + size));
    t.is(text, 'größe err →\n');
  }
});

test('log decoder: shows what came of a frame that never ends', (t) => {
  const decoder = new LogDecoder(false);
  t.is(decoder.push(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255, 97, 98])), 'ab');
  t.is(decoder.push(Buffer.from('cd')), 'cd');
});

test('log decoder: a terminal’s log has no frames; escape sequences and control characters go', (t) => {
  const decoder = new LogDecoder(true);
  const text = '\u001b[1;31mred\u001b[0m\u001b]0;title\u0007 \u0000<b>\u0007\u009b1m\tend\u001b(B\r\n';
  t.is(decoder.push(Buffer.from(text)), 'red <b>1m\tendB\n');
});
