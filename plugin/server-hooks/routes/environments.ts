import Router from '@koa/router';
import type { Context } from 'koa';
import * as z from 'zod';
import { EdgeError } from '../../../protocol/edge-error.js';
import { parseEdgeId } from '../../../protocol/edge-id.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import type { EnvironmentCreated, EnvironmentList, KeyRotated } from '../../api.js';
import { describeEnvironment } from '../environments/describe-environment.js';
import { printCommands } from '../environments/printed-commands.js';
import type { Action } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import { admit } from './guards/admit.js';
import { readJson } from './read-body.js';

const MAX_BYTES = 64 * 1024;

const name = z
  .string()
  .transform((text) => text.trim())
  .pipe(
    z
      .string()
      .min(1)
      .max(100)
      .regex(/^\P{Cc}+$/u, 'must not hold control characters'),
  );
const tags = z.array(z.string().trim().min(1).max(64)).max(32);
const checkInSeconds = z.int().min(1).max(86_400);

const createSchema = z.object({
  name,
  url: z.string().max(2048).optional(),
  tunnelAddress: z.string().max(300).optional(),
  edgeId: z.string().nullable().optional(),
  tags: tags.default([]),
  checkInSeconds: checkInSeconds.optional(),
});
const changeSchema = z.object({
  name: name.optional(),
  tags: tags.optional(),
  checkInSeconds: checkInSeconds.nullable().optional(),
});
const rotateSchema = z.object({
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(86_400),
  url: z.string().max(2048).optional(),
  tunnelAddress: z.string().max(300).optional(),
});

/** `/api/environments`: what admins do to environments. */
export function environmentRoutes(services: Services): Router {
  const router = new Router({ prefix: '/api/environments' });
  const { admin, host, options } = services;
  const view = (environment: Environment) => describeEnvironment(environment, services);

  router.get('/', async (ctx) => {
    const principal = await admit(host, ctx.req, 'read', null);
    void principal;
    const items = [...services.store.environments()].map(view);
    const body: EnvironmentList = { items, nextCursor: null };
    ctx.body = body;
  });

  router.post('/', async (ctx) => {
    await admit(host, ctx.req, 'write', null);
    const wanted = createSchema.parse(await readJson(ctx.req, MAX_BYTES));
    const settings = services.store.settings();
    const url = wanted.url ?? settings.publicUrl ?? options.publicUrl ?? `${ctx.protocol}://${ctx.host}`;
    const address = wanted.tunnelAddress ?? settings.tunnelAddress ?? options.tunnelAddress;
    const { environment, edgeKey } = await admin.create({
      name: wanted.name,
      apiUrl: apiUrlOf(url),
      tunnelAddress: address === null ? null : tunnelAddressOf(address),
      edgeId: wanted.edgeId ? parseEdgeId(wanted.edgeId) : wanted.edgeId,
      tags: wanted.tags,
      checkInSeconds: wanted.checkInSeconds ?? null,
    });
    const body: EnvironmentCreated = {
      ...view(environment),
      edgeKey,
      commands: commands(environment, edgeKey),
    };
    ctx.status = 201;
    ctx.set('location', `${options.mount}/api/environments/${environment.id}`);
    ctx.body = body;
  });

  router.get('/:id', async (ctx) => {
    ctx.body = view(admin.get(await admitted(ctx, 'read')));
  });

  router.patch('/:id', async (ctx) => {
    const id = await admitted(ctx, 'write');
    const { name, tags, checkInSeconds } = changeSchema.parse(await readJson(ctx.req, MAX_BYTES));
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(tags === undefined ? {} : { tags }),
      ...(checkInSeconds === undefined ? {} : { checkInSeconds }),
    };
    ctx.body = view(await admin.change(id, changes));
  });

  router.delete('/:id', async (ctx) => {
    await admin.delete(await admitted(ctx, 'write'));
    ctx.status = 204;
  });

  router.post('/:id/rotate-key', async (ctx) => {
    const id = await admitted(ctx, 'write');
    const wanted = rotateSchema.parse((await readJson(ctx.req, MAX_BYTES)) ?? {});
    const addresses = {
      ...(wanted.url === undefined ? {} : { apiUrl: apiUrlOf(wanted.url) }),
      ...(wanted.tunnelAddress === undefined ? {} : { tunnelAddress: tunnelAddressOf(wanted.tunnelAddress) }),
    };
    const { environment, edgeKey } = await admin.rotateKey(id, wanted.overlapSeconds, addresses);
    const body: KeyRotated = {
      edgeKey,
      commands: commands(environment, edgeKey),
      oldKeyEndsAt: environment.keys.at(-2)?.expiresAt ?? null,
    };
    ctx.body = body;
  });

  router.delete('/:id/association', async (ctx) => {
    await admin.disassociate(await admitted(ctx, 'write'));
    ctx.status = 204;
  });

  async function admitted(
    ctx: Context & { params: Record<string, string> },
    action: Action,
  ): Promise<number> {
    const id = environmentIdOf(ctx.params.id);
    await admit(host, ctx.req, action, id);
    return id;
  }

  function apiUrlOf(text: string): string {
    return withMount(
      field('url', () => parseApiUrl(text)),
      options.mount,
    );
  }

  function commands(environment: Environment, edgeKey: string) {
    return printCommands({
      edgeId: environment.edgeId,
      edgeKey,
      agentImage: options.agentImage,
      insecure: host.caCertificate !== undefined,
      name: environment.name,
    });
  }

  return router;
}

/** @throws EdgeError `environment-not-found` (404) for what cannot be an id */
export function environmentIdOf(text: string | undefined): number {
  if (text && /^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new EdgeError('environment-not-found', 'There is no such environment', { status: 404 });
}

/** @throws EdgeError `bad-request` (400) */
function tunnelAddressOf(text: string): string {
  return field('tunnelAddress', () => parseTunnelAddress(text));
}

/** A URL without a path means the hub's root: the plugin is at its mount. */
function withMount(url: string, mount: string): string {
  return new URL(url).pathname === '/' ? `${url}${mount}` : url;
}

function field<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new EdgeError('bad-request', `${name}: not an address agents could use`, { status: 400, cause });
  }
}
