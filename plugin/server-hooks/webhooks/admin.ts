import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { rotateSecret, type Webhook, type WebhookSecret } from '../model/webhook.js';
import type { Store } from '../store/store.js';
import type { CallLog } from './call-log.js';

export interface WebhookAdminOptions {
  readonly store: Store;
  readonly callLog: CallLog;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** Only the answer that creates a secret contains it. */
export interface WithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

const ID_BYTES = 16;
/** Standard Webhooks require 24 to 64. */
const SECRET_BYTES = 32;
/** Each keeps up to 2,000 message ids in the store. */
const MAX_WEBHOOKS = 50;

/** Admin operations on webhooks: each change is on disk before it is answered. */
export class WebhookAdmin {
  readonly #options: WebhookAdminOptions;

  constructor(options: WebhookAdminOptions) {
    this.#options = options;
  }

  /** @throws Problem `webhook-not-found` (404) */
  get(id: string): Webhook {
    const webhook = this.#options.store.webhook(id);
    if (webhook) return webhook;
    throw problem('webhook-not-found');
  }

  /** @throws Problem `too-many-webhooks` (409), `store-unwritable` (503) */
  async create(name: string): Promise<WithSecret> {
    const { store, clock, randomBytes } = this.#options;
    const secret = this.#newSecret();
    const webhook: Webhook = {
      id: randomBytes(ID_BYTES).toString('base64url'),
      name,
      secrets: [secret],
      messages: [],
      createdAt: new Date(clock.now()).toISOString(),
    };
    await store.transact((transaction) => {
      requireRoom(transaction.webhooks());
      return transaction.createWebhook(webhook);
    });
    return { webhook, secret: secret.secret };
  }

  /**
   * Creates a new secret. The previous one stays valid for `overlapSeconds`; older ones end immediately.
   * @throws Problem `webhook-not-found` (404), `store-unwritable` (503)
   */
  async rotateSecret(id: string, overlapSeconds: number): Promise<WithSecret> {
    const { store, clock } = this.#options;
    const endsAt = overlapSeconds === 0 ? null : new Date(clock.now() + overlapSeconds * 1_000).toISOString();
    const secret = this.#newSecret();
    const webhook = await store.updateWebhook(id, (current) => rotateSecret(current, secret, endsAt));
    return { webhook, secret: secret.secret };
  }

  /** Keeps the environments it created. @throws Problem `webhook-not-found` (404), `store-unwritable` (503) */
  async delete(id: string): Promise<void> {
    this.get(id);
    await this.#options.store.removeWebhook(id);
    this.#options.callLog.forget(id);
  }

  #newSecret(): WebhookSecret {
    return { secret: newSecret(this.#options.randomBytes), expiresAt: null };
  }
}

function requireRoom(webhooks: Iterable<Webhook>): void {
  if ([...webhooks].length < MAX_WEBHOOKS) return;
  throw problem('too-many-webhooks', { detail: `There are already ${MAX_WEBHOOKS} webhooks` });
}

/** A secret in the format of Standard Webhooks libraries. */
export function newSecret(randomBytes: (size: number) => Buffer): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
