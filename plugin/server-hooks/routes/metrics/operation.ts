import { createHash, timingSafeEqual } from 'node:crypto';
import Router from '@koa/router';
import type { Operation } from '../../http/define-operation.js';
import { asProblem } from '../../http/error-reply.js';
import type { Gateway } from '../../http/gateway.js';
import type { HubMetrics } from '../../metrics/hub-metrics.js';
import type { ResolvedOptions } from '../../options.js';

export interface MetricsDeps {
  readonly gateway: Gateway;
  readonly metrics: Pick<HubMetrics, 'text' | 'contentType'>;
  readonly options: Pick<ResolvedOptions, 'metricsToken'>;
}

const PATH = '/metrics';
const ID = 'getMetrics';

/** `/metrics`, described here and answered by {@link metricsRoutes}. */
export const metricsOperations: readonly Operation<unknown>[] = [
  {
    answer: null,
    spec: {
      method: 'GET',
      path: PATH,
      id: ID,
      summary: 'Get metrics for Prometheus',
      description:
        'Also answers the metrics token, which allows nothing else. docs/metrics.md lists the metrics.',
      access: 'settings',
      answers: { 200: { description: 'The current values', type: 'text/plain' } },
    },
  },
];

/** `GET /metrics`, for the metrics token and for callers that may read the settings. */
export function metricsRoutes({ gateway, metrics, options }: MetricsDeps): Router {
  const router = new Router({ sensitive: true });
  router.get(PATH, async (ctx) => {
    const call = gateway.open('rest', ID, ctx.req, ctx.res);
    try {
      if (isOwnToken(ctx.get('authorization'), options.metricsToken)) call.principalId = 'metrics';
      else await call.admit('settings', null);
      ctx.body = await metrics.text();
      ctx.set({
        'content-type': metrics.contentType,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    } catch (error) {
      gateway.failed.rest.add(asProblem(error));
      throw error;
    }
  });
  return router;
}

/** Compares hashes, so that the time taken depends on neither value. */
function isOwnToken(authorization: string, token: string | null): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === null || given === undefined) return false;
  const [wanted, presented] = [token, given].map((text) => createHash('sha256').update(text).digest());
  return wanted !== undefined && presented !== undefined && timingSafeEqual(wanted, presented);
}
