import { mock } from 'node:test';
import test from 'ava';
import { makeList } from './make-list.js';

/** More than an event and a refresh may take. */
const LATER_MS = 10_000;

test.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.afterEach.always(() => mock.timers.reset());

/** A list that was listed once. Time passes with `pass`. */
async function makeListed() {
  const made = makeList();
  const { list, calls } = made;
  const answer = async () => {
    for (const call of calls) call.resolve([]);
    await new Promise(setImmediate);
  };
  list.hostConnected();
  await answer();
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await answer();
  };
  return { ...made, pass };
}

test.serial('live list: an action and its event cause one list', async (t) => {
  const { list, calls, emit, pass } = await makeListed();
  t.teardown(() => list.hostDisconnected());
  list.expectChange();
  await pass(20);
  emit('container');
  await pass(LATER_MS);
  t.is(calls.length, 2);
});

test.serial('live list: an event before the end of its action causes one list', async (t) => {
  const { list, calls, emit, pass } = await makeListed();
  t.teardown(() => list.hostDisconnected());
  emit('container');
  await pass(20);
  list.expectChange();
  await pass(LATER_MS);
  t.is(calls.length, 2);
});

test.serial('live list: an action without an event causes one list, after a second', async (t) => {
  const { list, calls, emit, pass } = await makeListed();
  t.teardown(() => list.hostDisconnected());
  list.expectChange();
  emit('image');
  await pass(999);
  t.is(calls.length, 1);
  await pass(1);
  await pass(LATER_MS);
  t.is(calls.length, 2);
});

test.serial('live list: while no events arrive, an action causes one list immediately', async (t) => {
  const { list, calls, state, pass } = await makeListed();
  t.teardown(() => list.hostDisconnected());
  state.isLive = false;
  list.expectChange();
  t.is(calls.length, 2);
  await pass(LATER_MS);
  t.is(calls.length, 2);
});
