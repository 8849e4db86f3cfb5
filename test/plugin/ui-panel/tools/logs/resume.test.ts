import test from 'ava';
import type { LogLine } from '../../../../../plugin/ui-panel/tools/logs/decoder.js';
import { LogResume } from '../../../../../plugin/ui-panel/tools/logs/resume.js';

const line = (text: string, time = '', task = ''): LogLine => ({
  text,
  time,
  task,
  isError: false,
  isMore: false,
});

test('log resume: from a second before the last line, without the lines received before', (t) => {
  const [one, two, three] = ['01.5', '02.000000007', '03'].map((s) => `2026-11-23T20:57:${s}Z`);
  const resume = new LogResume();
  t.is(resume.since, null);
  resume.again();
  const before = [line('a', one), line('b', two), line('c', two)];
  t.deepEqual(resume.sift(before), before);
  for (let round = 0; round < 3; round++) {
    t.is(resume.since, '1795467421.000000007');
    resume.again();
    const now = [line('b', two), line('c', two), ...(round === 2 ? [line('d', two), line('e', three)] : [])];
    t.deepEqual(
      resume.sift(now).map(({ text }) => text),
      round === 2 ? ['d', 'e'] : [],
    );
  }
  t.is(resume.since, '1795467422.000000000');
});

test('log resume: each task has its own position; one that ended long ago costs a minute at most', (t) => {
  const at = (second: string) => `2026-11-23T20:57:${second}.000000000Z`;
  const resume = new LogResume();
  const before = [
    line('one', at('10'), 't1'),
    line('two', at('20'), 't2'),
    line('one again', at('11'), 't1'),
    line('two too', at('20'), 't2'),
  ];
  t.deepEqual(resume.sift(before), before);
  t.is(resume.since, '1795467430.000000000');
  resume.again();
  const now = [
    ...before,
    line('two later', at('21'), 't2'),
    line('new', at('05'), 't3'),
    line('', at('12'), 't1'),
  ];
  t.deepEqual(resume.sift(now), now.slice(4));
  resume.sift([line('an hour later', '2026-11-23T21:57:30.000000000Z', 't2')]);
  t.is(resume.since, '1795470990.000');
});

test('log resume: lines of two streams in any order appear exactly once', (t) => {
  const at = (fraction: string) => `2026-11-23T20:57:10.${fraction.padEnd(9, '0')}Z`;
  const resume = new LogResume();
  const before = [
    line('out 1', at('1')),
    line('out 2', at('5')),
    line('err 1', at('3')),
    line('err 2', at('3')),
  ];
  t.deepEqual(resume.sift(before), before);
  for (let round = 0; round < 2; round++) {
    t.is(resume.since, '1795467429.500000000');
    resume.again();
    // The engine has them in yet another order, and one more from before the last time.
    const [out1, out2, err1, err2] = before.map(({ text, time }) => line(text, time));
    const late = line('late', at('4'));
    const now = [err1, out1, late, err2, out2].filter((found) => found !== undefined);
    t.deepEqual(resume.sift(now), round === 0 ? [late] : []);
  }
});

test('log resume: memory is bounded when all lines share one second', (t) => {
  const resume = new LogResume();
  const at = (n: number) => `2026-11-23T20:57:10.${String(n).padStart(9, '0')}Z`;
  for (let n = 0; n < 250_000; n++) resume.sift([line('x', at(n))]);
  resume.again();
  t.deepEqual(resume.sift([line('x', at(7)), line('x', at(249_999))]), []);
  t.is(resume.sift([line('x', at(250_000))]).length, 1);
});
