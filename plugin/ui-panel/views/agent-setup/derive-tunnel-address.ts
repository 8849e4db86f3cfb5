import type { Fleet } from '../../../api.js';

/**
 * Tunnel address for agents that reach the hub at `url`: the same host, if the hub's own URL and tunnel share one.
 * @returns null if it cannot be derived
 */
export function deriveTunnelAddress(url: string, defaults: Fleet['agentDefaults']): string | null {
  const [, host, port] = /^(.*):(\d+)$/.exec(defaults.tunnelAddress ?? '') ?? [];
  if (!URL.canParse(url) || new URL(defaults.url).hostname !== host) return null;
  const { hostname } = new URL(url);
  return hostname === '' ? null : `${hostname}:${port}`;
}
