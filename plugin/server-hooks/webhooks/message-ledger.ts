import { createHash } from 'node:crypto';
import { problem } from '../../../protocol/problems.js';
import type { SeenMessage, Webhook } from '../model/webhook.js';

/** A timestamp may be 5 minutes behind or ahead of the clock: a request can be replayed for this long, ms. */
const REPLAYABLE_MS = 10 * 60_000;
/** New messages per webhook in that time. Fewer than are kept, so that no id is forgotten while it counts. */
const MAX_NEW = 1_000;
const MAX_KEPT = 2_000;
/** Longer than senders retry with new signatures, ms. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** The environment of an already accepted message; undefined: the message is new. */
export function environmentOfMessage(webhook: Webhook, messageId: string): number | undefined {
  const digest = digestOf(messageId);
  return webhook.messages.find((message) => message.digest === digest)?.environmentId;
}

/** @throws Problem `webhook-busy` (429) if the webhook is at its limit of new messages */
export function requireRoom({ messages }: Webhook, nowMs: number): void {
  const first = messages.at(-MAX_NEW);
  const freeMs = first ? Date.parse(first.at) + REPLAYABLE_MS - nowMs : 0;
  if (freeMs <= 0) return;
  throw problem('webhook-busy', {
    detail: `A webhook accepts ${MAX_NEW} new messages in 10 minutes`,
    retryAfterSeconds: Math.ceil(freeMs / 1_000),
  });
}

/** The webhook with one more message, and without expired ones. */
export function withMessage(
  webhook: Webhook,
  messageId: string,
  environmentId: number,
  nowMs: number,
): Webhook {
  const { messages } = webhook;
  const young = messages.findIndex(({ at }) => Date.parse(at) > nowMs - KEPT_MS);
  const kept = young < 0 ? [] : messages.slice(young).slice(1 - MAX_KEPT);
  const message: SeenMessage = {
    digest: digestOf(messageId),
    environmentId,
    at: new Date(nowMs).toISOString(),
  };
  return { ...webhook, messages: [...kept, message] };
}

/** 128 bits, base64url: of fixed length for any id. */
function digestOf(messageId: string): string {
  return createHash('sha256').update(messageId).digest().subarray(0, 16).toString('base64url');
}
