import test from 'ava';
import {
  EventLog,
  formatEvent,
  type UnloggedEvent,
} from '../../../../plugin/server-hooks/events/event-log.js';

const removed = (id: number, name = 'one'): UnloggedEvent => ({
  type: 'environment-removed',
  subject: id,
  data: { at: '2030-01-01T00:00:00.000Z', id, name },
});

test('event log: events are numbered from one, and listeners are notified once per batch', (t) => {
  const log = new EventLog({ bootId: 'boot' });
  let notified = 0;
  const leave = log.onAppend(() => notified++);
  t.is(log.newest, 0);
  log.append([removed(7), removed(8)]);
  t.like(log, { newest: 2, oldest: 1 });
  t.is(log.event(2)?.subject, 8);
  t.true(log.event(1)?.text.startsWith('id: boot.1\nevent: environment-removed\ndata: {'));
  leave();
  log.append([removed(9)]);
  t.is(notified, 1);
});

test('event log: only the latest are kept, by number and by size', (t) => {
  const few = new EventLog({ bootId: 'boot', maxEvents: 3 });
  few.append([1, 2, 3, 4, 5].map((id) => removed(id)));
  t.like(few, { oldest: 3, newest: 5 });
  t.is(few.event(2), undefined);
  const short = new EventLog({ bootId: 'boot', maxText: 1_000 });
  for (let id = 1; id <= 20; id++) short.append([removed(id, 'x'.repeat(200))]);
  t.true(short.newest - short.oldest < 4);
  t.is(short.event(short.newest)?.subject, 20);
});

test('event log: only its own ids have a number', (t) => {
  const log = new EventLog({ bootId: 'bo-_t' });
  log.append([removed(1), removed(2)]);
  t.is(log.numberOf(log.idOf(0)), 0);
  t.is(log.numberOf(log.idOf(2)), 2);
  for (const foreign of [
    '',
    'bo-_t.3',
    'other.1',
    'bo-_t.-1',
    'bo-_t.01',
    'bo-_t.1 ',
    'bo-_t',
    '1',
    'bo-_t.1e3',
  ]) {
    t.is(log.numberOf(foreign), null, foreign);
  }
});

test('event log: no text in an event can end it or start another', (t) => {
  const { data } = removed(1, 'a\n\nevent: x\r\u2028data: y');
  const text = formatEvent('boot.1', { type: 'environment-removed', data } as UnloggedEvent);
  t.is(text.split(/\r\n|\n|\r/).length, 5);
  t.deepEqual(JSON.parse(text.split('\n')[2]?.slice('data: '.length) ?? ''), data);
});
