import type { Webhook } from '../../../../plugin/server-hooks/model/webhook.js';
import type { Stored } from '../../../../plugin/server-hooks/store/store.js';

/** A new webhook with every field filled, so that a store that loses one shows. */
export function sampleWebhook(id: string, changes: Partial<Stored<Webhook>> = {}): Stored<Webhook> {
  return {
    id,
    name: `webhook ${id}`,
    secrets: [{ secret: 'whsec_c2VjcmV0', expiresAt: '2030-01-01T00:00:00.000Z' }],
    messages: [{ digest: 'ZGlnZXN0', environmentId: 1, at: '2029-01-01T00:00:00.000Z' }],
    createdAt: '2028-01-01T00:00:00.000Z',
    revision: 1,
    ...changes,
  };
}
