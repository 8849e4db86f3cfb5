import * as z from 'zod';
import { swarmNodeSchema } from '../../../../protocol/messages/agent-calls.js';
import { type Problem, problem } from '../../../../protocol/problems.js';
import { settings as settingsSchema } from '../../../api/settings.js';
import type { Environment } from '../../model/environment.js';
import { DEFAULT_SETTINGS } from '../../model/settings.js';
import type { Webhook } from '../../model/webhook.js';
import type { StoreContents } from '../records.js';
import type { Stored } from '../store.js';

/** Raise it if an older hub could misread this version's file; {@link parseStoreFile} must then convert. */
export const SCHEMA_VERSION = 1;

/** Files of 0.1.0 have none. */
const revision = z.int().positive().default(1);

const environmentSchema: z.ZodType<Stored<Environment>> = z.object({
  revision,
  id: z.int().positive(),
  name: z.string(),
  edgeId: z.string().nullable(),
  barredEdgeIds: z.array(z.string()),
  tags: z.array(z.string()),
  apiUrl: z.string(),
  tunnelAddress: z.string().nullable(),
  checkInSeconds: z.number().nullable(),
  generation: z.int(),
  keys: z.array(z.object({ generation: z.int(), secretHash: z.string(), expiresAt: z.string().nullable() })),
  instances: z.array(
    z.object({
      id: z.string(),
      publicKey: z.string(),
      secret: z.string(),
      keyGeneration: z.int(),
      engineId: z.string().nullable(),
      node: z.nullable(swarmNodeSchema),
      agentVersion: z.string(),
      platform: z.string(),
      enrolledAt: z.string(),
      isOutside: z.boolean().optional(),
      machine: z
        .object({
          boot: z.string(),
          previous: z.string().nullable(),
          mark: z.string(),
          isContested: z.boolean(),
        })
        .optional(),
    }),
  ),
  swarm: z
    .object({ id: z.string(), managers: z.array(z.string()) })
    .nullable()
    .default(null),
  swarmAuthority: z.string().nullable().default(null),
  createdAt: z.string(),
  associatedAt: z.string().nullable(),
  origin: z.object({ webhookId: z.string(), externalId: z.string().nullable() }).nullable().default(null),
  dockerAccess: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        node: z.string().nullable(),
        address: z.string(),
        certificate: z.string(),
        createdAt: z.string(),
        expiresAt: z.string(),
        createdBy: z.string(),
      }),
    )
    .optional(),
});

const webhookSchema: z.ZodType<Stored<Webhook>> = z.object({
  revision,
  id: z.string(),
  name: z.string(),
  secrets: z.array(z.object({ secret: z.string(), expiresAt: z.string().nullable() })),
  messages: z.array(z.object({ digest: z.string(), environmentId: z.int().positive(), at: z.string() })),
  createdAt: z.string(),
});

const storeFileSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  nextEnvironmentId: z.int().positive(),
  settingsRevision: revision,
  // A setting that is missing from an older file gets its default.
  settings: z.preprocess((value) => ({ ...DEFAULT_SETTINGS, ...Object(value) }), settingsSchema),
  webhooks: z.array(webhookSchema).default([]),
  environments: z.array(environmentSchema),
});

/**
 * Parses a store file.
 * @throws Problem `store-newer` if a later version wrote it; `store-damaged` for anything else that this version
 *   would not have written. The message names the place, never a value.
 */
export function parseStoreFile(text: string, path: string): StoreContents {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse quotes the text at the error, which may be a secret.
    throw damaged(path, 'it is not JSON');
  }
  const version: unknown = Object(value).schemaVersion;
  if (typeof version === 'number' && version > SCHEMA_VERSION) {
    throw problem('store-newer', {
      detail: `${path} was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    });
  }
  const { data, error } = storeFileSchema.safeParse(value);
  if (!data) throw damaged(path, error.issues[0]?.path.join('.') || 'its structure');
  const ids = new Set(data.environments.map((environment) => environment.id));
  const names = new Set(data.environments.map((environment) => environment.name.trim()));
  if (ids.size < data.environments.length || names.size < data.environments.length) {
    throw damaged(path, 'two environments share an id or a name');
  }
  if (Math.max(0, ...ids) >= data.nextEnvironmentId) throw damaged(path, 'nextEnvironmentId');
  const { nextEnvironmentId, settingsRevision, settings, webhooks, environments } = data;
  return { nextEnvironmentId, settings: { revision: settingsRevision, settings }, webhooks, environments };
}

function damaged(path: string, where: string): Problem {
  return problem('store-damaged', { detail: `${path} cannot be read: ${where}` });
}
