import { randomBytes } from 'node:crypto';
import test from 'ava';
import { Tickets } from '../../../../../plugin/server-hooks/docker/console/tickets.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';

const PATH = '/api/environments/1/exec/a/ws';
const TARGET = { principalId: 'admin', environmentId: 1, execId: 'a' };
const INVALID = { code: 'ticket-invalid' };

function setup() {
  const clock = new FakeClock();
  return { clock, tickets: new Tickets({ clock, randomBytes }) };
}

test('tickets: each is valid once', (t) => {
  const { tickets } = setup();
  const { ticket } = tickets.issue(PATH, TARGET);
  t.is(tickets.redeem(ticket, PATH), TARGET);
  t.throws(() => tickets.redeem(ticket, PATH), INVALID);
});

test('tickets: each is valid for half a minute, regardless of the wall clock', (t) => {
  const { tickets, clock } = setup();
  const [early, late] = [tickets.issue(PATH, TARGET), tickets.issue(PATH, TARGET)];
  t.is(early.expiresAtMs, clock.now() + 30_000);
  clock.advance(29_999);
  t.is(tickets.redeem(early.ticket, PATH), TARGET);
  clock.advance(1);
  t.throws(() => tickets.redeem(late.ticket, PATH), INVALID);
});

test('tickets: one used at another path is invalid afterwards', (t) => {
  const { tickets } = setup();
  const { ticket } = tickets.issue(PATH, TARGET);
  t.throws(() => tickets.redeem(ticket, PATH.replace('/1/', '/2/')), INVALID);
  t.throws(() => tickets.redeem(ticket, PATH), INVALID);
});

test('tickets: a thousand are kept, then the oldest is dropped', (t) => {
  const { tickets } = setup();
  const issued = Array.from({ length: 1_001 }, (_, i) => {
    return tickets.issue(PATH, { ...TARGET, environmentId: 1 + (i % 20) }).ticket;
  });
  t.throws(() => tickets.redeem(issued[0] ?? '', PATH), INVALID);
  t.is(tickets.redeem(issued[1] ?? '', PATH).environmentId, 2);
  t.throws(() => tickets.redeem('invented', PATH), INVALID);
});

test('tickets: those of one environment do not evict others’', (t) => {
  const { tickets } = setup();
  const other = tickets.issue(PATH, { ...TARGET, environmentId: 2 });
  const issued = Array.from({ length: 1_001 }, () => tickets.issue(PATH, TARGET).ticket);
  t.throws(() => tickets.redeem(issued[900] ?? '', PATH), INVALID);
  t.is(tickets.redeem(issued[901] ?? '', PATH), TARGET);
  t.is(tickets.redeem(other.ticket, PATH).environmentId, 2);
});

test('tickets: one is invalid once its caller’s credentials have ended', (t) => {
  const { tickets } = setup();
  const ended = new AbortController();
  const target = { ...TARGET, ended: ended.signal };
  const [early, late] = [tickets.issue(PATH, target), tickets.issue(PATH, target)];
  t.is(tickets.redeem(early.ticket, PATH), target);
  ended.abort();
  t.throws(() => tickets.redeem(late.ticket, PATH), INVALID);
});
