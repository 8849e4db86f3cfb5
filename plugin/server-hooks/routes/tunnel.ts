import Router from '@koa/router';
import type { Context } from 'koa';
import * as z from 'zod';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelView } from '../../api.js';
import { describeEnvironment } from '../environments/describe-environment.js';
import type { Action } from '../host.js';
import type { Services } from '../services.js';
import { environmentIdOf } from './environments.js';
import { admit } from './guards/admit.js';
import { readJson } from './read-body.js';

const MAX_BYTES = 1024;
const requireSchema = z.object({ wait: z.number().min(0).max(60).default(0) });

/** `/api/environments/:id/tunnel`, keep-alive and snapshot. */
export function tunnelRoutes(services: Services): Router {
  const router = new Router({ prefix: '/api/environments/:id' });
  const { admin, host, registry } = services;

  router.get('/tunnel', async (ctx) => {
    ctx.body = view(await admitted(ctx, 'read'));
  });

  router.post('/tunnel', async (ctx) => {
    const id = await admitted(ctx, 'docker');
    const { wait } = requireSchema.parse((await readJson(ctx.req, MAX_BYTES)) ?? {});
    services.waiting.requireReachable(id);
    const slot = registry.slot(id);
    slot.demand();
    if (wait > 0 && slot.state !== 'active') await waitFor(ctx, id, wait * 1_000);
    ctx.body = view(id);
    ctx.status = slot.state === 'active' ? 200 : 202;
  });

  router.delete('/tunnel', async (ctx) => {
    await admin.revoke(await admitted(ctx, 'docker'));
    ctx.status = 204;
  });

  router.post('/keep-alive', async (ctx) => {
    const id = await admitted(ctx, 'docker');
    registry.peek(id)?.keepAlive();
    ctx.body = view(id);
  });

  router.get('/snapshot', async (ctx) => {
    const id = await admitted(ctx, 'read');
    const snapshot = await services.snapshots.read(id);
    if (!snapshot) throw new EdgeError('snapshot-not-found', 'No snapshot was taken yet', { status: 404 });
    ctx.body = snapshot;
  });

  router.post('/snapshot', async (ctx) => {
    const id = await admitted(ctx, 'docker');
    ctx.body = await services.snapshotDesk.request(id, services.waiting.waitMs(id));
  });

  /** A wait that runs out is no error here: the answer says how far it is. */
  async function waitFor(ctx: Context, id: number, waitMs: number): Promise<void> {
    const gone = new AbortController();
    ctx.res.once('close', () => gone.abort(new EdgeError('client-gone', 'The caller left', { status: 499 })));
    try {
      const hold = await registry.slot(id).acquire(waitMs, gone.signal);
      hold.leave();
    } catch (error) {
      if (!(error instanceof EdgeError) || error.code !== 'tunnel-timeout') throw error;
    }
  }

  function view(id: number): TunnelView {
    const environment = admin.get(id);
    const slot = registry.peek(id);
    const state = registry.state(id);
    const hasCredential = environment.instances.some(
      (instance) =>
        services.credentials.ageMs({
          environmentId: id,
          instanceId: instance.id,
          nodeId: instance.node?.nodeId ?? null,
        }) !== null,
    );
    return {
      state,
      progress: state !== 'required' ? null : hasCredential ? 'credential-sent' : 'waiting-for-agent',
      calls: slot?.uses ?? 0,
      openedAt: slot?.tunnel ? new Date(slot.tunnel.openedAtMs).toISOString() : null,
      problem: describeEnvironment(environment, services).problem,
    };
  }

  async function admitted(
    ctx: Context & { params: Record<string, string> },
    action: Action,
  ): Promise<number> {
    const id = environmentIdOf(ctx.params.id);
    await admit(host, ctx.req, action, id);
    admin.get(id);
    return id;
  }

  return router;
}
