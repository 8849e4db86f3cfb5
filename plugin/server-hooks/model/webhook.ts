/** One secret of a webhook; senders sign with it. */
export interface WebhookSecret {
  /** As shown to the admin: `whsec_` and base64 of 32 bytes. Plain, because checking a signature takes it. */
  readonly secret: string;
  /** RFC 3339; null: holds until it is rotated. */
  readonly expiresAt: string | null;
}

/** A message that was accepted: its id is not taken a second time. */
export interface SeenMessage {
  /** Digest of the sender's `webhook-id`, which may be of any length and shape. */
  readonly digest: string;
  readonly environmentId: number;
  /** RFC 3339, by the hub's clock. */
  readonly at: string;
}

/** An inbound webhook as the store keeps it. Records are replaced, never changed in place. */
export interface Webhook {
  /** 128 random bits, base64url; part of its address, and no secret. */
  readonly id: string;
  readonly name: string;
  /** The newest last. */
  readonly secrets: readonly WebhookSecret[];
  /** The newest last. */
  readonly messages: readonly SeenMessage[];
  /** RFC 3339. */
  readonly createdAt: string;
}

/** Which webhook made an environment, and what its sender calls it. */
export interface EnvironmentOrigin {
  readonly webhookId: string;
  /** Unique among the webhook's environments; null where the sender gave none. */
  readonly externalId: string | null;
}

/** The secrets that hold at `nowMs` (wall clock). */
export function liveSecrets({ secrets }: Webhook, nowMs: number): readonly WebhookSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > nowMs);
}
