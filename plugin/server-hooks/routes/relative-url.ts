/**
 * A request's path and query below the plugin's mount, as sent: not decoded, not normalised. Null when
 * the request is not the plugin's. Hosts differ: Express and koa-mount strip the mount from `url` and
 * keep the whole in `originalUrl`; plain `node:http` leaves it in place.
 */
export function relativeUrl(url: string, originalUrl: string | undefined, mount: string): string | null {
  const isStripped = originalUrl !== undefined && originalUrl !== url && originalUrl.endsWith(url);
  if (isStripped) return url;
  if (!url.startsWith(mount)) return null;
  const rest = url.slice(mount.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : null;
}
