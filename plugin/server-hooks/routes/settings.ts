import Router from '@koa/router';
import { EdgeError } from '../../../protocol/edge-error.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import { settingsSchema } from '../model/settings.js';
import type { Services } from '../services.js';
import { admit } from './guards/admit.js';
import { readJson } from './read-body.js';

const MAX_BYTES = 64 * 1024;

/** `/api/settings` and `/api/ca.pem`. */
export function settingsRoutes(services: Services): Router {
  const router = new Router({ prefix: '/api' });
  const { host, store, checkIns } = services;

  router.get('/settings', async (ctx) => {
    await admit(host, ctx.req, 'settings', null);
    ctx.body = store.settings();
  });

  router.patch('/settings', async (ctx) => {
    await admit(host, ctx.req, 'settings', null);
    const changes = settingsSchema.partial().parse(await readJson(ctx.req, MAX_BYTES));
    const settings = settingsSchema.parse({ ...store.settings(), ...changes });
    if (settings.publicUrl !== null) parseApiUrl(settings.publicUrl);
    if (settings.tunnelAddress !== null) parseTunnelAddress(settings.tunnelAddress);
    await store.putSettings(settings);
    checkIns.wakeAll();
    ctx.body = settings;
  });

  // Public: it is what a client needs before it can trust anything else from here.
  router.get('/ca.pem', (ctx) => {
    if (host.caCertificate === undefined) {
      throw new EdgeError('ca-not-known', "The host's certificate is not from a CA of its own", {
        status: 404,
      });
    }
    ctx.type = 'application/x-pem-file';
    ctx.body = host.caCertificate;
  });

  return router;
}
