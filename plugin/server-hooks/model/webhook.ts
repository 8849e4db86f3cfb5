/** A signing secret of a webhook. */
export interface WebhookSecret {
  /** As shown to the admin: `whsec_` and base64 of 32 bytes. In plain text, because verifying a signature needs it. */
  readonly secret: string;
  /** RFC 3339; null: valid until rotated. */
  readonly expiresAt: string | null;
}

/** An accepted message: its id is not accepted again. */
export interface SeenMessage {
  /** Digest of the sender's `webhook-id`, which may be of any length and shape. */
  readonly digest: string;
  readonly environmentId: number;
  /** RFC 3339, by the hub's clock. */
  readonly at: string;
}

/** An inbound webhook as stored. Records are replaced, never mutated. */
export interface Webhook {
  /** 128 random bits, base64url; part of its address, not a secret. */
  readonly id: string;
  readonly name: string;
  /** Newest last. */
  readonly secrets: readonly WebhookSecret[];
  /** Newest last. */
  readonly messages: readonly SeenMessage[];
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The webhook that created an environment, and the sender's id for it. */
export interface EnvironmentOrigin {
  readonly webhookId: string;
  /** Unique among the webhook's environments; null if the sender gave none. */
  readonly externalId: string | null;
}

/** The secrets valid at `nowMs` (wall clock). */
export function liveSecrets({ secrets }: Webhook, nowMs: number): readonly WebhookSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > nowMs);
}

/** The newest of the secrets stays valid until `endsAt`, RFC 3339; null: it ends now. Older ones end. */
export function rotateSecret(webhook: Webhook, secret: WebhookSecret, endsAt: string | null): Webhook {
  const kept =
    endsAt === null ? [] : webhook.secrets.slice(-1).map((last) => ({ ...last, expiresAt: endsAt }));
  return { ...webhook, secrets: [...kept, secret] };
}
