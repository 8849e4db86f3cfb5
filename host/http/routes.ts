import Router from '@koa/router';
import type Koa from 'koa';
import type { Context } from 'koa';
import { z } from 'zod';
import { type ProblemCode, problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { ApiTokens } from '../auth/api-tokens.js';
import { type Authenticator, type Caller, cookieOf, SESSION_COOKIE } from '../auth/authenticate.js';
import { DEVICE_COOKIE, type Devices } from '../auth/devices.js';
import type { LoginGuard } from '../auth/login-guard.js';
import { verifyPassword } from '../auth/password.js';
import type { Sessions } from '../auth/sessions.js';
import type { CertificateKeeper } from '../certificates/keeper.js';
import type { DataFile } from '../data-file.js';
import type { PluginRegistry } from '../plugins/registry.js';
import { readJson } from './read-json.js';

/** Dependencies of the host's own routes. */
export interface RouteDeps {
  readonly data: DataFile;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly authenticator: Authenticator;
  readonly devices: Devices;
  readonly guard: LoginGuard;
  readonly plugins: PluginRegistry;
  readonly certificates: Pick<CertificateKeeper, 'problems'>;
  readonly clock: Clock;
  readonly version: string;
}

const Login = z.object({ password: z.string().max(1024) });

const NewToken = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{C}*$/u, 'must not hold control characters'),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  environmentId: z.int().positive().nullish(),
});

const PluginChange = z.object({ enabled: z.boolean() });

/** Adds sign-in, API tokens, plugins and health. Requests below a plugin's mount never get here. */
export function addHostRoutes(app: Koa, deps: RouteDeps): void {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    const { plugins, data, certificates, version } = deps;
    const isServing = plugins.failures.length === 0;
    const problems = new Set([
      ...(isServing ? [] : ['plugin-failed' satisfies ProblemCode]),
      ...(data.isFailing ? ['store-unwritable' satisfies ProblemCode] : []),
      ...certificates.problems,
      ...plugins.problemCodes,
    ]);
    // A full disk must not take a hub out of service: reads, check-ins and tunnels still work.
    answer(ctx, isServing ? 200 : 503, {
      status: problems.size === 0 ? 'ok' : 'degraded',
      version,
      problems: [...problems],
    });
  });
  addSessionRoutes(router, deps);
  addTokenRoutes(router, deps);
  addPluginRoutes(router, deps);
  app.use(router.routes());
  app.use(router.allowedMethods());
}

const DEVICE_SECONDS = 365 * 24 * 3600;

function addSessionRoutes(router: Router, deps: RouteDeps): void {
  const { data, sessions, authenticator, devices, guard, clock } = deps;
  router.post('/api/session', async (ctx) => {
    const { password } = await readJson(ctx, Login, clock);
    const device = devices.identify(cookieOf(ctx.req.headers.cookie, DEVICE_COOKIE));
    const verify = () => verifyPassword(password, data.current.passwordHash ?? '');
    const right = await guard.attempt(ctx.ip, verify, device);
    if (!right) throw problem('bad-password');
    const { token, expiresAt } = await sessions.open();
    setCookie(ctx, SESSION_COOKIE, token, Math.floor((expiresAt.getTime() - clock.now()) / 1000));
    setCookie(ctx, DEVICE_COOKIE, devices.mark(device), DEVICE_SECONDS);
    answer(ctx, 200, { token, expiresAt: expiresAt.toISOString() });
  });

  router.get('/api/session', async (ctx) => {
    const { principal, session } = await authenticated(ctx, authenticator);
    answer(ctx, 200, {
      id: principal.id,
      environmentId: principal.environmentId ?? null,
      expiresAt: session?.expiresAt.toISOString() ?? null,
    });
  });

  router.delete('/api/session', async (ctx) => {
    const { session } = await authenticated(ctx, authenticator);
    if (session === null) throw problem('bad-request', { detail: 'Revoke an API token at /api/tokens/:id' });
    await sessions.revoke(session);
    setCookie(ctx, SESSION_COOKIE, '', 0);
    ctx.status = 204;
  });
}

function addTokenRoutes(router: Router, { tokens, authenticator, clock }: RouteDeps): void {
  router.get('/api/tokens', async (ctx) => {
    await unbound(ctx, authenticator);
    answer(ctx, 200, { tokens: tokens.list() });
  });

  router.post('/api/tokens', async (ctx) => {
    await unbound(ctx, authenticator);
    const body = await readJson(ctx, NewToken, clock);
    const expiresAt = body.expiresAt == null ? null : new Date(body.expiresAt);
    if (expiresAt !== null && expiresAt.getTime() <= clock.now()) {
      throw problem('bad-request', { detail: 'expiresAt: must be in the future' });
    }
    answer(
      ctx,
      201,
      await tokens.create({ name: body.name, expiresAt, environmentId: body.environmentId ?? null }),
    );
  });

  router.delete('/api/tokens/:id', async (ctx) => {
    await unbound(ctx, authenticator);
    if (!(await tokens.revoke(String(ctx.params.id)))) throw problem('not-found');
    ctx.status = 204;
  });
}

function addPluginRoutes(router: Router, { plugins, authenticator, clock }: RouteDeps): void {
  router.get('/api/plugins', async (ctx) => {
    await unbound(ctx, authenticator);
    answer(ctx, 200, { plugins: plugins.list() });
  });

  router.patch('/api/plugins/:id', async (ctx) => {
    await unbound(ctx, authenticator);
    const { enabled } = await readJson(ctx, PluginChange, clock);
    const view = await plugins.setEnabled(String(ctx.params.id), enabled);
    if (view === null) throw problem('not-found');
    answer(ctx, 200, view);
  });
}

async function authenticated(ctx: Context, authenticator: Authenticator): Promise<Caller> {
  const caller = await authenticator.identify(ctx.req);
  if (caller === null) throw problem('unauthorized');
  return caller;
}

/** A token for one environment could otherwise create one for all. */
async function unbound(ctx: Context, authenticator: Authenticator): Promise<void> {
  const { principal } = await authenticated(ctx, authenticator);
  if (principal.environmentId !== undefined) {
    throw problem('forbidden');
  }
}

function setCookie(ctx: Context, name: string, value: string, maxAgeSeconds: number): void {
  const attributes = `Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; Secure; SameSite=Strict`;
  ctx.append('Set-Cookie', `${name}=${value}; ${attributes}`);
}

function answer(ctx: Context, status: number, body: object): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.body = body;
}
