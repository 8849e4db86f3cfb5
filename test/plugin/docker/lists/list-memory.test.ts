import test from 'ava';
import { ListMemory } from '../../../../plugin/server-hooks/docker/lists/list-memory.js';

const MB = 1024 * 1024;
const REFUSED = { code: 'list-too-large' };

test('list memory: the lists of one environment hold a quarter of what all may', (t) => {
  const memory = new ListMemory();
  const [first, second] = [memory.open(1), memory.open(1)];
  first.take(40 * MB);
  second.take(24 * MB);
  t.like(
    t.throws(() => second.take(1)),
    REFUSED,
  );
  first.give(1);
  second.take(1);
  const others = [2, 3, 4].map((id) => memory.open(id));
  for (const share of others) share.take(64 * MB);
  t.like(
    t.throws(() => memory.open(5).take(1)),
    REFUSED,
    'all hold 256 MB',
  );
  others[0]?.end();
  memory.open(5).take(64 * MB);
});

test('list memory: a list that has ended gave all back, once, and takes nothing more', (t) => {
  const memory = new ListMemory();
  const share = memory.open(1);
  share.take(64 * MB);
  share.end();
  share.end();
  share.give(64 * MB);
  t.like(
    t.throws(() => share.take(1)),
    REFUSED,
  );
  const next = memory.open(1);
  next.take(64 * MB);
  t.like(
    t.throws(() => next.take(1)),
    REFUSED,
  );
});
