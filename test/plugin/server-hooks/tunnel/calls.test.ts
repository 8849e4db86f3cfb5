import test from 'ava';
import { TunnelCalls } from '../../../../plugin/server-hooks/tunnel/calls.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';

const MOST = 4_000;
const MOST_EACH = 1_000;
const REFUSED = { code: 'too-many-calls', status: 503, retryAfterSeconds: 1 };

function setup(): TunnelCalls {
  const clock = new FakeClock();
  const live = liveEnvironments({ clock });
  return new TunnelCalls({
    tunnels: (id) => live.of(id).tunnels,
    clock,
    waitMs: () => 30_000,
    servesSwarm: () => true,
    isConfirmable: () => false,
  });
}

/** How calls ended, each way once. */
async function endsOf(calls: ReadonlyArray<Promise<unknown>>): Promise<unknown[]> {
  return [...new Set(await Promise.all(calls.map((call) => call.catch((reason: Error) => reason.message))))];
}

test('tunnel calls: the hub carries 4,000 concurrent calls; one that ends makes room', async (t) => {
  const calls = setup();
  const first = new AbortController();
  const rest = new AbortController();
  const left = calls.open({ environmentId: 1 }, first.signal);
  const open = Array.from({ length: MOST - 1 }, (_, at) =>
    calls.open({ environmentId: 1 + (at % 5) }, rest.signal),
  );
  t.like(await t.throwsAsync(calls.open({ environmentId: 6 }, rest.signal)), REFUSED);
  first.abort(new Error('the caller left'));
  await t.throwsAsync(left, { message: 'the caller left' });
  open.push(calls.open({ environmentId: 6 }, rest.signal));
  rest.abort(new Error('all left'));
  t.deepEqual(await endsOf(open), ['all left']);
});

test('tunnel calls: one environment uses at most a quarter of them; the others have the rest', async (t) => {
  const calls = setup();
  const first = new AbortController();
  const rest = new AbortController();
  const left = calls.open({ environmentId: 1 }, first.signal);
  const open = Array.from({ length: MOST_EACH - 1 }, () => calls.open({ environmentId: 1 }, rest.signal));
  t.like(await t.throwsAsync(calls.open({ environmentId: 1 }, rest.signal)), REFUSED);
  for (let at = 0; at < MOST_EACH; at++) open.push(calls.open({ environmentId: 2 }, rest.signal));
  first.abort(new Error('the caller left'));
  await t.throwsAsync(left, { message: 'the caller left' });
  open.push(calls.open({ environmentId: 1 }, rest.signal));
  t.like(await t.throwsAsync(calls.open({ environmentId: 1 }, rest.signal)), REFUSED);
  rest.abort(new Error('all left'));
  t.deepEqual(await endsOf(open), ['all left']);
});
