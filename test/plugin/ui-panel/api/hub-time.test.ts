import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { HubTime } from '../../../../plugin/ui-panel/api/hub-time.js';

const DAY_MS = 86_400_000;
const HUB_MS = Date.parse('2026-01-02T03:04:05Z');

/** A browser whose clock is off by so much, and a hub. */
function setup(browserAheadMs: number) {
  let passedMs = 0;
  let ahead = browserAheadMs;
  const time = new HubTime({ clock: () => HUB_MS + ahead + passedMs, monotonic: () => passedMs });
  /** One call; the hub reads its clock after `outMs`, the answer arrives `backMs` later. */
  const call = (outMs: number, backMs: number) => {
    const receive = time.ask();
    passedMs += outMs;
    const header = String(HUB_MS + passedMs);
    passedMs += backMs;
    receive(header);
  };
  return {
    time,
    call,
    pass: (ms: number) => {
      passedMs += ms;
    },
    set: (ms: number) => {
      ahead = ms;
    },
    /** How far it is from the hub's clock. */
    error: () => time.now() - (HUB_MS + passedMs),
  };
}

test('hub time: the browser’s clock until a response carries the hub’s', (t) => {
  const { time, error } = setup(DAY_MS);
  t.is(error(), DAY_MS);
  for (const header of [null, '', '12:00', '-5', '1e3', ' 1', '9'.repeat(16)]) time.ask()(header);
  t.is(error(), DAY_MS);
});

for (const ahead of [DAY_MS, -DAY_MS, -40 * 365 * DAY_MS]) {
  test(`hub time: with a clock ${ahead / DAY_MS} days ahead, half a round trip off at most`, (t) => {
    const { call, error } = setup(ahead);
    call(300, 20);
    t.true(Math.abs(error()) <= 160);
    call(20, 20);
    t.is(error(), 0);
  });
}

test('hub time: the shortest round trip of the last minute counts', (t) => {
  const { call, error, pass } = setup(DAY_MS);
  call(10, 10);
  call(30_000, 0);
  t.is(error(), 0, 'a call that waited says less');
  pass(60_000);
  call(600, 0);
  t.is(error(), 300, 'what was measured a minute ago does not count any more');
  pass(DAY_MS);
  t.is(error(), 300, 'the last one holds on');
});

test('hub time: the next response corrects a clock that was set, or a machine that was suspended', (t) => {
  const { call, error, set } = setup(0);
  call(10, 10);
  set(-3 * DAY_MS);
  t.is(error(), -3 * DAY_MS);
  call(500, 500);
  t.is(error(), 0);
});

test('hub time: error responses count, an engine’s do not', async (t) => {
  const headers = (more: Record<string, string> = {}) => ({ 'Fairlead-Time': String(HUB_MS), ...more });
  const answers = [
    new Response('{}', { headers: headers({ 'X-Fairlead-Answer': 'engine' }) }),
    new Response('{}', { status: 503, headers: headers() }),
  ];
  const client = new ApiClient({ baseUrl: '/edge', fetch: async () => answers.shift() ?? Response.error() });
  await client.call('GET', '/environments/1/docker/info');
  t.true(Math.abs(client.hubTime.now() - Date.now()) < DAY_MS / 24);
  await t.throwsAsync(client.call('GET', '/environments'));
  t.true(Math.abs(client.hubTime.now() - HUB_MS) < DAY_MS / 24);
});
