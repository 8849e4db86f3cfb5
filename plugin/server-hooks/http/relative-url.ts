/** Scheme and authority of an absolute-form target, which clients send to proxies (RFC 9112, 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * A request's path and query below the plugin's mount, as sent: not decoded, not normalised. Null when the request is
 * not the plugin's. Hosts differ: Express and koa-mount strip the mount from `url` and keep the whole in `originalUrl`,
 * middleware that rewrites addresses changes `url`, and plain `node:http` has `url` alone.
 * @param mount as clients see it; empty for `/`
 */
export function relativeUrl(url: string, originalUrl: string | undefined, mount: string): string | null {
  return (originalUrl === undefined ? null : below(originalUrl, mount)) ?? below(url, mount);
}

function below(target: string, mount: string): string | null {
  const url = target.startsWith('/') ? target : target.replace(ORIGIN, '');
  if (!url.startsWith(mount)) return null;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : null;
}
