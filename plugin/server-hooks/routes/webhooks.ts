import {
  createWebhook,
  rotateSecret,
  secretRotated,
  webhookAnswer,
  webhookCreated,
  webhookList,
  webhookMessage,
} from '../../api/webhooks.js';
import type { WebhookView } from '../../api.js';
import { apiUrlOf, chooseAddresses } from '../environments/agent-addresses.js';
import { printedCommandsOf } from '../environments/environment-commands.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import { asProblem } from '../http/error-reply.js';
import { parseJsonBytes } from '../http/read-body.js';
import { liveSecrets, type Webhook } from '../model/webhook.js';
import type { Services } from '../services.js';

const PARAMS = { webhookId: 'From `GET /webhooks`.' };

/** `/api/webhooks`, and the endpoint for their senders. */
export const webhookCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/webhooks',
      id: 'listWebhooks',
      summary: 'List webhooks and their last calls',
      access: 'settings',
      answers: { 200: { description: 'The list', body: webhookList } },
    },
    ({ services, origin }) => {
      const items = [...services.store.webhooks()].map((each) => viewOf(each, services, origin));
      return { status: 200, body: { items } };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/webhooks',
      id: 'createWebhook',
      summary: 'Create a webhook',
      description: 'Anyone with its secret can create environments. It is shown only once.',
      access: 'settings',
      body: createWebhook,
      answers: { 201: { description: 'Created', body: webhookCreated } },
      problems: ['too-many-webhooks', ...STORE_PROBLEMS],
    },
    async ({ services, body, origin }) => {
      const { webhook, secret } = await services.webhookAdmin.create(body.name);
      return { status: 201, body: { ...viewOf(webhook, services, origin), secret } };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/webhooks/:webhookId/rotate-secret',
      id: 'rotateSecret',
      summary: 'Rotate the secret',
      description: 'The previous secret stays valid for `overlapSeconds`; older ones end immediately.',
      access: 'settings',
      params: PARAMS,
      body: rotateSecret,
      answers: { 200: { description: 'The new secret, shown only once', body: secretRotated } },
      problems: ['webhook-not-found', ...STORE_PROBLEMS],
    },
    async ({ services, params, body }) => {
      const { webhookAdmin } = services;
      const { webhook, secret } = await webhookAdmin.rotateSecret(params.webhookId, body.overlapSeconds);
      return { status: 200, body: { secret, oldSecretEndsAt: oldSecretEndsAt(webhook, services) } };
    },
  ),

  defineOperation(
    {
      method: 'DELETE',
      path: '/api/webhooks/:webhookId',
      id: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'Its sender is rejected from then on; the environments it created stay.',
      access: 'settings',
      params: PARAMS,
      answers: { 204: { description: 'Deleted' } },
      problems: ['webhook-not-found', ...STORE_PROBLEMS],
    },
    async ({ services, params }) => {
      await services.webhookAdmin.delete(params.webhookId);
      return { status: 204 };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/hooks/:webhookId',
      id: 'callWebhook',
      summary: 'Create an environment, or find it by `externalId`',
      description:
        'Signed as described by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), within 5 minutes of the hub’s time. A repeated `webhook-id` gets the first answer again for 15 minutes. See docs/webhooks.md.',
      access: 'signed',
      params: PARAMS,
      body: webhookMessage,
      answers: {
        200: { description: 'Found', body: webhookAnswer },
        201: { description: 'Created; Edge key and commands are shown only once', body: webhookAnswer },
      },
      problems: [
        'body-not-json',
        'name-taken',
        'too-many-bodies',
        'webhook-busy',
        'webhook-repeated',
        'webhook-unauthorized',
        ...STORE_PROBLEMS,
      ],
    },
    async ({ services, params, headers, bytes, origin, address }) =>
      services.webhookInbox.receive({
        webhookId: params.webhookId,
        headers,
        bytes,
        address,
        read: () => readMessage(bytes),
        addresses: (message) => chooseAddresses(message, services, origin),
        print: (environment, edgeKey) => printedCommandsOf(environment, edgeKey, services),
      }),
  ),
];

function viewOf(webhook: Webhook, services: Services, origin: string): WebhookView {
  const { callLog, store, options } = services;
  const { id, name, createdAt } = webhook;
  const base = apiUrlOf(store.settings().publicUrl ?? options.publicUrl ?? origin, options.mount);
  return {
    id,
    name,
    url: `${base}/hooks/${id}`,
    createdAt,
    oldSecretEndsAt: oldSecretEndsAt(webhook, services),
    calls: callLog.calls(id),
    refused: callLog.refusedCalls(id),
  };
}

function oldSecretEndsAt(webhook: Webhook, { clock }: Services): string | null {
  return liveSecrets(webhook, clock.now()).at(-2)?.expiresAt ?? null;
}

/** @throws Problem `body-not-json`, `bad-request` (400) */
function readMessage(bytes: Buffer) {
  try {
    return webhookMessage.parse(parseJsonBytes(bytes));
  } catch (error) {
    throw asProblem(error);
  }
}
