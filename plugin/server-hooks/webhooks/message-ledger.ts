import { createHash } from 'node:crypto';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { SeenMessage, Webhook } from '../model/webhook.js';

/** A stamp may lie 5 minutes behind or ahead of the clock: so long can one and the same request be sent again, ms. */
const REPLAYABLE_MS = 10 * 60_000;
/** New messages of a webhook in that time. Fewer than what is kept, so that no id is forgotten while it counts. */
const MAX_NEW = 1_000;
const MAX_KEPT = 2_000;
/** Longer than senders try, who sign anew each time, ms. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** The environment a webhook's message was accepted for; undefined: it is new. */
export function environmentOfMessage(webhook: Webhook, messageId: string): number | undefined {
  const digest = digestOf(messageId);
  return webhook.messages.find((message) => message.digest === digest)?.environmentId;
}

/** @throws EdgeError `webhook-busy` (429) when the webhook has no room for one more message now */
export function requireRoom({ messages }: Webhook, nowMs: number): void {
  const first = messages.at(-MAX_NEW);
  const freeMs = first ? Date.parse(first.at) + REPLAYABLE_MS - nowMs : 0;
  if (freeMs <= 0) return;
  throw new EdgeError('webhook-busy', `A webhook takes ${MAX_NEW} new messages in 10 minutes`, {
    status: 429,
    retryAfterSeconds: Math.ceil(freeMs / 1_000),
  });
}

/** The webhook with one more message, and without those that need not be remembered any more. */
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

/** 128 bits, base64url: of one length, whatever the sender's ids look like. */
function digestOf(messageId: string): string {
  return createHash('sha256').update(messageId).digest().subarray(0, 16).toString('base64url');
}
