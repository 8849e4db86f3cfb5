import test from 'ava';
import { LogDecoder, type LogLine } from '../../../../../plugin/ui-panel/tools/logs/decoder.js';

const FRAMES = { isTerminal: false, hasTimes: false, hasTasks: false } as const;
const TIMED = { isTerminal: false, hasTimes: true, hasTasks: false } as const;
const TERMINAL = { isTerminal: true, hasTimes: true, hasTasks: false } as const;
const OF_SERVICE = { isTerminal: false, hasTimes: true, hasTasks: true } as const;
const TIME = '2026-11-23T20:57:21.123456789Z';

function frame(stream: number, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

function decode(
  options: ConstructorParameters<typeof LogDecoder>[0],
  bytes: Uint8Array,
  size: number,
): LogLine[] {
  const decoder = new LogDecoder(options);
  const lines: LogLine[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...decoder.push(bytes.subarray(at, at + size)));
  return [...lines, ...decoder.rest()];
}

function line(text: string, isError = false): LogLine {
  return { text, isError, time: '', task: '', isMore: false };
}

test('log decoder: frames, lines and characters are whole wherever the stream is split', (t) => {
  const arrow = Buffer.from('→');
  const bytes = Buffer.concat([
    frame(1, 'größe '),
    frame(1, arrow.subarray(0, 1)),
    frame(2, 'err '),
    frame(1, arrow.subarray(1)),
    frame(1, ''),
    frame(2, 'or\n'),
    frame(1, '\nlast'),
  ]);
  for (const size of [1, 3, 8, 9, 1000])
    t.deepEqual(decode(FRAMES, bytes, size), [line('err or', true), line('größe →'), line('last')]);
});

test('log decoder: a line has the time of its first message; later times are not text, also within a character', (t) => {
  const arrow = Buffer.from('→');
  const stamp = Buffer.from(`${TIME} `);
  const later = Buffer.from('2026-11-23T20:57:22.000000000Z ');
  const bytes = Buffer.concat([
    frame(1, Buffer.concat([stamp, Buffer.from('a'), arrow.subarray(0, 2)])),
    frame(1, Buffer.concat([later, arrow.subarray(2), Buffer.from(`${TIME} is text\n`)])),
    frame(2, `${TIME} \n`),
    frame(1, 'no time\n'),
  ]);
  for (const size of [1, 7, 1000])
    t.deepEqual(decode(TIMED, bytes, size), [
      { ...line(`a→${TIME} is text`), time: TIME },
      { ...line('', true), time: TIME },
      line('no time'),
    ]);
});

test('log decoder: splits a line that is too long, never within a character', (t) => {
  const long = `${'x'.repeat(3_999)}🚢${'y'.repeat(5_000)}`;
  for (const size of [1, 5_000, 100_000]) {
    const lines = decode(TIMED, frame(1, `${TIME} ${long}\nnext\n`), size);
    t.is(
      lines
        .slice(0, -1)
        .map(({ text }) => text)
        .join(''),
      long,
    );
    t.deepEqual(
      lines.map(({ isMore }) => isMore),
      [false, true, true, false],
    );
    t.deepEqual(
      lines.map(({ time }) => time),
      [TIME, TIME, TIME, ''],
    );
    for (const { text } of lines) {
      t.true(text.length <= 4_000);
      t.notRegex(text, /\p{Cs}/u);
    }
  }
});

test('log decoder: shows the received part of an endless frame', (t) => {
  const decoder = new LogDecoder(FRAMES);
  t.deepEqual(decoder.push(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255, 97, 98])), []);
  t.deepEqual(decoder.rest(), [line('ab')]);
  t.deepEqual(decoder.push(Buffer.from('cd')), []);
  t.deepEqual(decoder.rest(), [line('abcd')]);
  t.is(decoder.push(Buffer.alloc(9_000, 'z')).length, 2);
});

test('log decoder: a terminal’s log has no frames; escape sequences and control characters are removed', (t) => {
  const text = `${TIME} \u001b[1;31mred\u001b[0m\u001b]0;title\u0007 \u0000<b>\u0007\u009b1m\tend\u001b(B\r\n`;
  for (const size of [1, 1000])
    t.deepEqual(decode(TERMINAL, Buffer.from(text), size), [{ ...line('red <b>1m\tendB'), time: TIME }]);
});

test('log decoder: a service’s lines are whole per task, however their messages interleave', (t) => {
  const ids = (task: string) =>
    `com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=${task}`;
  const message = (task: string, text: string, stream = 1) => frame(stream, `${TIME} ${ids(task)} ${text}`);
  const of = (task: string, text: string, isError = false) => ({ ...line(text, isError), task, time: TIME });
  const bytes = Buffer.concat([
    message('t1', 'one '),
    message('t2', 'two '),
    message('t1', 'err\n', 2),
    message('t2', 'ends\n'),
    message('t1', 'ends\n'),
    frame(1, `${TIME} label=%2C,${ids('t3')},z=1 labelled\n`),
    frame(1, `${TIME} no=details here\n`),
    frame(3, 'error from daemon\n'),
  ]);
  for (const size of [1, 11, 1000])
    t.deepEqual(decode(OF_SERVICE, bytes, size), [
      of('t1', 'err', true),
      of('t2', 'two ends'),
      of('t1', 'one ends'),
      of('t3', 'labelled'),
      of('', 'no=details here'),
      line('error from daemon', true),
    ]);
  const terminal = Buffer.from(`${TIME} ${ids('t1')} a\r\n${TIME} ${ids('t2')} b\r\n`);
  t.deepEqual(decode({ ...OF_SERVICE, isTerminal: true }, terminal, 7), [of('t1', 'a'), of('t2', 'b')]);
});

test('log decoder: keeps a thousand unfinished lines at most', (t) => {
  const decoder = new LogDecoder(OF_SERVICE);
  const open = (count: number, from = 0) => {
    for (let task = from; task < from + count; task++)
      decoder.push(frame(1, `${TIME} com.docker.swarm.task.id=t${task} begins`));
  };
  open(999);
  t.is(decoder.rest().length, 999);
  open(20_000, 999);
  t.true(decoder.rest().length <= 1_000);
});
