import type { Fleet } from '../api.js';

/**
 * Tunnel address for agents that reach the hub at `url`: the same host, if the hub's own URL and tunnel share one.
 * @returns null if it cannot be derived
 */
export function deriveTunnelAddress(url: string, told: Fleet['told']): string | null {
  const [, host, port] = /^(.*):(\d+)$/.exec(told.tunnelAddress) ?? [];
  if (!URL.canParse(url) || new URL(told.url).hostname !== host) return null;
  const { hostname } = new URL(url);
  return hostname === '' ? null : `${hostname}:${port}`;
}
