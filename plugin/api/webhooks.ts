import * as z from 'zod';
import { createEnvironment, printedCommands } from './environments/calls.js';
import { time } from './environments/view.js';
import { printable } from './printable.js';

/** `POST /webhooks`. */
export const createWebhook = z
  .object({ name: printable(z.string().trim().min(1).max(100)).describe('A label; need not be unique.') })
  .meta({ id: 'CreateWebhook' });

/** `POST /webhooks/:webhookId/rotate-secret`. */
export const rotateSecret = z
  .object({
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .describe('How long the previous secret stays valid; 0 ends it immediately.'),
  })
  .meta({ id: 'RotateSecret' });

/** One signed call of a webhook. */
export const webhookCall = z
  .object({
    at: time,
    outcome: z.string().describe('`created`, `found`, `repeated`, or the code of the error.'),
    environmentId: z.int().nullable(),
    messageId: z.string().describe('The sender’s `webhook-id`.'),
    address: z.string().describe('The address of the caller, or of the proxy in front of the hub.'),
  })
  .meta({ id: 'WebhookCall' });

/** An item of `GET /webhooks`. */
export const webhookView = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string().describe('The URL for its sender.'),
    createdAt: time,
    oldSecretEndsAt: time.nullable().describe('Null: only one secret is valid.'),
    calls: z.array(webhookCall).describe('The last 50 signed calls since the hub started, newest first.'),
    refused: z
      .object({
        count: z.int().nonnegative(),
        lastAt: time.nullable(),
        lastAddress: z.string().nullable(),
      })
      .describe('Calls without a valid signature since the hub started.'),
  })
  .meta({ id: 'Webhook' });

/** `GET /webhooks`. */
export const webhookList = z
  .object({ items: z.array(webhookView).describe('In order of creation.') })
  .meta({ id: 'WebhookList' });

const secret = z.string().describe('`whsec_…`; shown only once.');

/** 201 of `POST /webhooks`. */
export const webhookCreated = webhookView.extend({ secret }).meta({ id: 'WebhookCreated' });

/** 200 of `POST /webhooks/:webhookId/rotate-secret`. */
export const secretRotated = z
  .object({ secret, oldSecretEndsAt: time.nullable().describe('Null: it ended immediately.') })
  .meta({ id: 'SecretRotated' });

/** `POST /edge/hooks/:webhookId`. */
export const webhookMessage = createEnvironment
  .pick({ name: true, url: true, tags: true })
  .extend({
    externalId: printable(z.string().min(1).max(200))
      .exactOptional()
      .describe(
        'The sender’s id for it. If this webhook already created an environment with this id, that one is returned unchanged.',
      ),
  })
  .meta({ id: 'WebhookMessage' });

/** 200 and 201 of `POST /edge/hooks/:webhookId`. */
export const webhookAnswer = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    externalId: z.string().nullable(),
    edgeId: z.string().nullable(),
    tags: z.array(z.string()),
    url: z.string().describe("The plugin's base URL, as in its Edge key."),
    tunnelAddress: z
      .string()
      .nullable()
      .describe('`host:port`, as in its Edge key; null: tunnels go by the URL only.'),
    createdAt: time,
    edgeKey: z
      .string()
      .nullable()
      .describe('Null for an existing one: its key was shown when it was created.'),
    commands: printedCommands
      .nullable()
      .describe('Commands that start an agent with this key; null without a key.'),
  })
  .meta({ id: 'WebhookAnswer' });
