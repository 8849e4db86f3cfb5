import type { IncomingHttpHeaders } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { problem } from '../../../protocol/problems.js';

/** A signed message, as received. */
export interface SignedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** No dot: it separates id, time and body in the signed text, so an id with a dot would be ambiguous. */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;
const TIMESTAMP = /^[0-9]{1,12}$/;
/** Enough for a few dozen signatures. */
const MAX_SIGNATURE_CHARACTERS = 4_096;

/**
 * Verifies a message as Standard Webhooks 1.0 describe: signature, and a timestamp within 5 minutes of the machine's
 * clock (the library reads the clock itself).
 * @param secrets one of them must have signed
 * @returns the sender's `webhook-id`
 * @throws Problem `webhook-unauthorized` (401), the same for every failure
 */
export function verifyMessage(secrets: readonly string[], { headers, bytes }: SignedMessage): string {
  const signed = {
    'webhook-id': textOf(headers['webhook-id'], MESSAGE_ID),
    'webhook-timestamp': textOf(headers['webhook-timestamp'], TIMESTAMP),
    'webhook-signature': textOf(headers['webhook-signature'], /./),
  };
  if (signed['webhook-signature'].length > MAX_SIGNATURE_CHARACTERS) throw problem('webhook-unauthorized');
  const payload = bytes.toString('utf8');
  if (!secrets.some((secret) => isSignedWith(secret, payload, signed))) throw problem('webhook-unauthorized');
  return signed['webhook-id'];
}

function isSignedWith(secret: string, payload: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(payload, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function textOf(value: string | string[] | undefined, shape: RegExp): string {
  if (typeof value === 'string' && shape.test(value)) return value;
  throw problem('webhook-unauthorized');
}
