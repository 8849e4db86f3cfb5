import * as z from 'zod';
import { createEnvironment, printedCommands } from './environment-calls.js';
import { time } from './environment-view.js';
import { printable } from './printable.js';

/** `POST /webhooks`. */
export const createWebhook = z
  .object({ name: printable(z.string().trim().min(1).max(100)).describe('For people; need not be unique.') })
  .meta({ id: 'CreateWebhook' });

/** `POST /webhooks/:webhookId/rotate-secret`. */
export const rotateSecret = z
  .object({
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .describe('How long the last secret holds beside the new one; 0 ends it at once.'),
  })
  .meta({ id: 'RotateSecret' });

/** One signed call of a webhook. */
export const webhookCall = z
  .object({
    at: time,
    outcome: z
      .string()
      .describe('`created`, `found`, `repeated`, or the code of the error it was refused with.'),
    environmentId: z.int().nullable(),
    messageId: z.string().describe('Its `webhook-id`: text of the sender’s.'),
    address: z.string().describe('Where it came from: the caller, or the proxy in front of the hub.'),
  })
  .meta({ id: 'WebhookCall' });

/** An item of `GET /webhooks`. */
export const webhookView = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string().describe('Where its sender posts to.'),
    createdAt: time,
    oldSecretEndsAt: time.nullable().describe('Null: one secret holds.'),
    calls: z.array(webhookCall).describe('The last 50 signed ones since the hub’s start, the newest first.'),
    refused: z
      .object({
        count: z.int().nonnegative(),
        lastAt: time.nullable(),
        lastAddress: z.string().nullable(),
      })
      .describe('What came without the right signature since the hub’s start.'),
  })
  .meta({ id: 'Webhook' });

/** `GET /webhooks`. */
export const webhookList = z
  .object({ items: z.array(webhookView).describe('In the order in which they were made.') })
  .meta({ id: 'WebhookList' });

const secret = z.string().describe('`whsec_…`; shown this once.');

/** 201 of `POST /webhooks`. */
export const webhookCreated = webhookView.extend({ secret }).meta({ id: 'WebhookCreated' });

/** 200 of `POST /webhooks/:webhookId/rotate-secret`. */
export const secretRotated = z
  .object({ secret, oldSecretEndsAt: time.nullable().describe('Null: it ended at once.') })
  .meta({ id: 'SecretRotated' });

/** `POST /edge/hooks/:webhookId`. */
export const webhookMessage = createEnvironment
  .pick({ name: true, url: true, tags: true })
  .extend({
    externalId: printable(z.string().min(1).max(200))
      .exactOptional()
      .describe(
        'What the sender calls it. Where this webhook made an environment with it before, that one is the answer, and it stays as it is.',
      ),
  })
  .meta({ id: 'WebhookMessage' });

/** Its answer. */
export const webhookAnswer = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    externalId: z.string().nullable(),
    edgeId: z.string().nullable(),
    tags: z.array(z.string()),
    url: z.string().describe("The plugin's base URL, as its Edge key tells agents."),
    tunnelAddress: z.string().describe('`host:port`, as its Edge key tells agents.'),
    createdAt: time,
    edgeKey: z.string().nullable().describe('Null for one that was found: it was shown when it was made.'),
    commands: printedCommands
      .nullable()
      .describe('How an agent is started with this key; null where there is none.'),
  })
  .meta({ id: 'WebhookAnswer' });
