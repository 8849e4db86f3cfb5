import type { IncomingMessage } from 'node:http';

/**
 * The request's path and query below the plugin's mount, as sent: not decoded, not normalised. Null when
 * the request is not the plugin's. Hosts differ: Express and koa-mount strip the mount from `url` and
 * keep the whole in `originalUrl`; plain `node:http` leaves it in place.
 */
export function relativeUrl(req: IncomingMessage & { originalUrl?: string }, mount: string): string | null {
  const url = req.url ?? '';
  if (req.originalUrl !== undefined && req.originalUrl !== url && req.originalUrl.endsWith(url)) return url;
  if (!url.startsWith(mount)) return null;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : null;
}
