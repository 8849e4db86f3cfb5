import type { Clock } from '../../../protocol/time/clock.js';
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
import { type CommandSources, environmentCommands } from '../environments/environment-commands.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import { asProblem } from '../http/error-reply.js';
import { parseJsonBytes } from '../http/read-body.js';
import { liveSecrets, type Webhook } from '../model/webhook.js';
import type { Store } from '../store/store.js';
import type { WebhookAdmin } from '../webhooks/admin.js';
import type { CallLog } from '../webhooks/call-log.js';
import type { WebhookInbox } from '../webhooks/inbox.js';

const PARAMS = { webhookId: 'From `GET /webhooks`.' };

export interface WebhookDeps extends CommandSources {
  readonly store: Store;
  readonly clock: Clock;
  readonly callLog: CallLog;
  readonly webhookAdmin: WebhookAdmin;
  readonly webhookInbox: WebhookInbox;
}

/** `/api/webhooks`, and the endpoint for their senders. */
export const webhookOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/webhooks',
      id: 'listWebhooks',
      summary: 'List webhooks and their last calls',
      access: 'settings',
      answers: { 200: { description: 'The list', body: webhookList } },
    },
    ({ origin }, deps: WebhookDeps) => {
      const items = [...deps.store.webhooks()].map((each) => viewOf(each, deps, origin));
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
    async ({ body, origin }, deps: WebhookDeps) => {
      const { webhook, secret } = await deps.webhookAdmin.create(body.name);
      return { status: 201, body: { ...viewOf(webhook, deps, origin), secret } };
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
    async ({ params, body }, deps: WebhookDeps) => {
      const { webhookAdmin } = deps;
      const { webhook, secret } = await webhookAdmin.rotateSecret(params.webhookId, body.overlapSeconds);
      return { status: 200, body: { secret, oldSecretEndsAt: oldSecretEndsAt(webhook, deps) } };
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
    async ({ params }, deps: WebhookDeps) => {
      await deps.webhookAdmin.delete(params.webhookId);
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
    async ({ params, headers, bytes, origin, address }, deps: WebhookDeps) =>
      deps.webhookInbox.receive({
        webhookId: params.webhookId,
        headers,
        bytes,
        address,
        read: () => readMessage(bytes),
        addresses: (message) => chooseAddresses(message, deps, origin),
        print: (environment, edgeKey) => environmentCommands(environment, edgeKey, deps),
      }),
  ),
];

function viewOf(webhook: Webhook, deps: WebhookDeps, origin: string): WebhookView {
  const { callLog, store, options } = deps;
  const { id, name, createdAt } = webhook;
  const base = apiUrlOf(store.settings().publicUrl ?? options.publicUrl ?? origin, options.mount);
  return {
    id,
    name,
    url: `${base}/hooks/${id}`,
    createdAt,
    oldSecretEndsAt: oldSecretEndsAt(webhook, deps),
    calls: callLog.calls(id),
    refused: callLog.refusedCalls(id),
  };
}

function oldSecretEndsAt(webhook: Webhook, { clock }: WebhookDeps): string | null {
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
