import test from 'ava';
import { ListMemory } from '../../../../../plugin/server-hooks/docker/lists/list-memory.js';

const MB = 1024 * 1024;
const REFUSED = { code: 'list-too-large' };

test('list memory: the lists of one environment hold at most a quarter of the total', (t) => {
  const memory = new ListMemory();
  const [first, second] = [memory.open(1), memory.open(1)];
  first.reserve(40 * MB);
  second.reserve(24 * MB);
  t.like(
    t.throws(() => second.reserve(1)),
    REFUSED,
  );
  first.release(1);
  second.reserve(1);
  const others = [2, 3, 4].map((id) => memory.open(id));
  for (const share of others) share.reserve(64 * MB);
  t.like(
    t.throws(() => memory.open(5).reserve(1)),
    REFUSED,
    'all hold 256 MB',
  );
  others[0]?.end();
  memory.open(5).reserve(64 * MB);
});

test('list memory: a list that has ended releases everything once, and reserves no more', (t) => {
  const memory = new ListMemory();
  const share = memory.open(1);
  share.reserve(64 * MB);
  share.end();
  share.end();
  share.release(64 * MB);
  t.like(
    t.throws(() => share.reserve(1)),
    REFUSED,
  );
  const next = memory.open(1);
  next.reserve(64 * MB);
  t.like(
    t.throws(() => next.reserve(1)),
    REFUSED,
  );
});
