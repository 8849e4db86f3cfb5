import type { Fleet } from '../api.js';

/**
 * Where the tunnel is for agents that reach the hub at `url`: beside it, where the hub tells its own so, too.
 * @returns null: `url` says nothing of it
 */
export function deriveTunnelAddress(url: string, told: Fleet['told']): string | null {
  const [, host, port] = /^(.*):(\d+)$/.exec(told.tunnelAddress) ?? [];
  if (!URL.canParse(url) || new URL(told.url).hostname !== host) return null;
  const { hostname } = new URL(url);
  return hostname === '' ? null : `${hostname}:${port}`;
}
