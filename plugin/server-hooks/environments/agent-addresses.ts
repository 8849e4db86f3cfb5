import { EdgeError } from '../../../protocol/edge-error.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import type { Settings } from '../model/settings.js';
import type { ResolvedOptions } from '../options.js';

/** What a caller says about where agents reach the hub. */
export interface GivenAddresses {
  readonly url?: string | undefined;
  readonly tunnelAddress?: string | undefined;
}

/**
 * Where agents of a new environment reach the hub: what the caller says, else the settings, else the plugin's options,
 * else the address of the call itself.
 * @param origin scheme and authority of the call
 * @returns `tunnelAddress` null: the host of `apiUrl` and the tunnel's port
 * @throws EdgeError `bad-request` (400)
 */
export function chooseAddresses(
  given: GivenAddresses,
  settings: Settings,
  options: ResolvedOptions,
  origin: string,
): { apiUrl: string; tunnelAddress: string | null } {
  const url = given.url ?? settings.publicUrl ?? options.publicUrl ?? origin;
  const address = given.tunnelAddress ?? settings.tunnelAddress ?? options.tunnelAddress;
  return {
    apiUrl: apiUrlOf(url, options.mount),
    tunnelAddress: address === null ? null : tunnelAddressOf(address),
  };
}

/** A URL without a path means the hub's root: the plugin is at its mount. @throws EdgeError `bad-request` (400) */
export function apiUrlOf(text: string, mount: string): string {
  const url = readAddress('url', () => parseApiUrl(text));
  return new URL(url).pathname === '/' ? `${url}${mount}` : url;
}

/** @throws EdgeError `bad-request` (400) */
export function tunnelAddressOf(text: string): string {
  return readAddress('tunnelAddress', () => parseTunnelAddress(text));
}

/** An address in the member `name` of a body. @throws EdgeError `bad-request` (400) */
export function readAddress<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new EdgeError('bad-request', `${name}: not an address agents could use`, { status: 400, cause });
  }
}
