import test from 'ava';
import { TunnelCalls } from '../../../plugin/server-hooks/tunnel/tunnel-calls.js';
import { TunnelRegistry } from '../../../plugin/server-hooks/tunnel/tunnel-registry.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const MOST = 4_000;

test('tunnel calls: the hub carries 4,000 at once; one that ends makes room', async (t) => {
  const clock = new FakeClock();
  const registry = new TunnelRegistry({ clock, inactivityMs: () => 300_000 });
  const calls = new TunnelCalls({ registry, clock, waitMs: () => 30_000 });
  const first = new AbortController();
  const rest = new AbortController();
  const left = calls.open(1, first.signal);
  const open = Array.from({ length: MOST - 1 }, () => calls.open(1, rest.signal));
  const error = await t.throwsAsync(calls.open(1, rest.signal));
  t.like(error, { code: 'too-many-calls', status: 503, retryAfterSeconds: 1 });
  first.abort(new Error('the caller left'));
  await t.throwsAsync(left, { message: 'the caller left' });
  open.push(calls.open(1, rest.signal));
  rest.abort(new Error('all left'));
  const ends = await Promise.all(open.map((call) => call.catch((reason: Error) => reason.message)));
  t.deepEqual([...new Set(ends)], ['all left']);
});
