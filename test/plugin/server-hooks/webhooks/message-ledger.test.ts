import test from 'ava';
import type { Webhook } from '../../../../plugin/server-hooks/model/webhook.js';
import {
  environmentOfMessage,
  requireRoom,
  withMessage,
} from '../../../../plugin/server-hooks/webhooks/message-ledger.js';
import { sampleWebhook } from '../store/sample-webhook.js';

const NOW_MS = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A webhook that accepted `count` messages, `everyMs` apart, the last one at `NOW_MS`. */
function busyWebhook(count: number, everyMs: number) {
  let webhook: Webhook = sampleWebhook('a', { messages: [] });
  for (let n = 1; n <= count; n++) {
    webhook = withMessage(webhook, `id ${n}`, n, NOW_MS - (count - n) * everyMs);
  }
  return webhook;
}

test('message ledger: knows the ids it accepted, compared in full', (t) => {
  const webhook = busyWebhook(3, 1_000);
  t.is(environmentOfMessage(webhook, 'id 2'), 2);
  t.is(environmentOfMessage(webhook, 'ID 2'), undefined);
  t.is(environmentOfMessage(webhook, 'id 4'), undefined);
  t.true(webhook.messages.every(({ digest }) => digest.length === 22));
});

test('message ledger: remembers an id for 7 days', (t) => {
  const webhook = busyWebhook(1, 0);
  const later = (ms: number) => withMessage(webhook, 'later', 2, NOW_MS + ms);
  t.is(environmentOfMessage(later(7 * DAY_MS - 1), 'id 1'), 1);
  t.is(environmentOfMessage(later(7 * DAY_MS), 'id 1'), undefined);
});

test('message ledger: remembers the last 2,000', (t) => {
  const webhook = busyWebhook(2_001, MINUTE_MS);
  t.is(webhook.messages.length, 2_000);
  t.is(environmentOfMessage(webhook, 'id 1'), undefined);
  t.is(environmentOfMessage(webhook, 'id 2'), 2);
  t.is(environmentOfMessage(webhook, 'id 2001'), 2_001);
});

test('message ledger: accepts 1,000 messages in 10 minutes, and says when the next may come', (t) => {
  t.notThrows(() => requireRoom(busyWebhook(999, 0), NOW_MS));
  const full = busyWebhook(1_000, 100);
  const error = t.throws<Error & { status: number; retryAfterSeconds: number }>(
    () => requireRoom(full, NOW_MS),
    { code: 'webhook-busy' },
  );
  // The first of the thousand arrived 99.9 s ago.
  t.is(error?.status, 429);
  t.is(error?.retryAfterSeconds, 501);
  t.throws(() => requireRoom(full, NOW_MS + 500_000), { code: 'webhook-busy' });
  t.notThrows(() => requireRoom(full, NOW_MS + 500_100));
});

test('message ledger: at the highest rate remembers an id as long as its request could be replayed', (t) => {
  let webhook: Webhook = sampleWebhook('a', { messages: [] });
  let nowMs = NOW_MS;
  const taken: { id: string; atMs: number }[] = [];
  for (let n = 0; n < 3_500; n++) {
    try {
      requireRoom(webhook, nowMs);
    } catch {
      nowMs += 10 * MINUTE_MS;
    }
    webhook = withMessage(webhook, `${n}`, 1, nowMs);
    taken.push({ id: `${n}`, atMs: nowMs });
  }
  for (const { id, atMs } of taken) {
    if (nowMs - atMs < 10 * MINUTE_MS) t.is(environmentOfMessage(webhook, id), 1);
  }
});
