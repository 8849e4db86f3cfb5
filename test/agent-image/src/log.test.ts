import { Writable } from 'node:stream';
import test from 'ava';
import { createLogger } from '../../../agent-image/src/log.js';
import { problem } from '../../../protocol/problems.js';

function capture() {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(...String(chunk).split('\n').filter(Boolean));
      done();
    },
  });
  return { lines, sink };
}

test('agent log: writes one JSON line with level, time and message', (t) => {
  const { lines, sink } = capture();
  createLogger({ logLevel: 'info', logFormat: 'auto' }, sink).info({ a: 1 }, 'hello');
  const { time, ...entry } = JSON.parse(lines[0] ?? '');
  t.deepEqual(entry, { level: 'info', a: 1, msg: 'hello' });
  t.is(new Date(time).toISOString(), time);
});

test('agent log: logs an error by its code, message and causes, without a stack', (t) => {
  const { lines, sink } = capture();
  const cause = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
  createLogger({ logLevel: 'info', logFormat: 'json' }, sink).warn(
    { err: problem('hub-refused', { detail: 'The hub refuses', cause }) },
    'check-in failed',
  );
  t.like(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    code: 'hub-refused',
    err: { code: 'hub-refused', message: 'The hub refuses', cause: { code: 'ECONNREFUSED', message: 'no' } },
  });
  t.false(lines[0]?.includes('stack'));
});

test('agent log: keeps the stack of an unexpected error', (t) => {
  const { lines, sink } = capture();
  createLogger({ logLevel: 'info', logFormat: 'json' }, sink).error({ err: new TypeError('oops') }, 'bug');
  const entry = JSON.parse(lines[0] ?? '');
  t.is(entry.code, 'internal');
  t.regex(entry.err.stack, /log\.test\.ts/);
});

test('agent log: hides secrets, at the top and one level down', (t) => {
  const { lines, sink } = capture();
  const log = createLogger({ logLevel: 'info', logFormat: 'json' }, sink);
  log.info({ token: 'HIDDEN', reply: { credential: 'HIDDEN', secret: 'HIDDEN' }, edgeKey: 'HIDDEN' }, 'x');
  t.false(lines[0]?.includes('HIDDEN'));
});

test('agent log: is readable on request, and silent below its level', (t) => {
  const { lines, sink } = capture();
  const log = createLogger({ logLevel: 'warn', logFormat: 'pretty' }, sink);
  log.info('quiet');
  log.warn({ port: 8000 }, 'loud');
  t.regex(lines[0] ?? '', /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: loud$/);
  t.is(lines[1], '    port: 8000');
  t.is(lines.length, 2);
});
