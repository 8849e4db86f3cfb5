import { EdgeError } from '../../../protocol/edge-error.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';

/** What a caller says about where agents reach the hub. */
export interface GivenAddresses {
  readonly url?: string | undefined;
  readonly tunnelAddress?: string | undefined;
}

/** Where agents reach the hub, as an Edge key tells them. */
export interface AgentAddresses {
  /** The plugin's base URL. */
  readonly apiUrl: string;
  /** `host:port`. */
  readonly tunnelAddress: string;
}

export interface AddressSources {
  readonly store: Pick<Store, 'settings'>;
  readonly options: ResolvedOptions;
  /** The port that the tunnel listens on. */
  readonly tunnelPort: number;
}

/**
 * Where agents of a new environment reach the hub: what the caller says, else the settings, else the plugin's options,
 * else the address of the call itself; the tunnel's at the same host, on its own port.
 * @param origin scheme and authority of the call
 * @throws EdgeError `bad-request` (400)
 */
export function chooseAddresses(
  given: GivenAddresses,
  { store, options, tunnelPort }: AddressSources,
  origin: string,
): AgentAddresses {
  const settings = store.settings();
  const url = given.url ?? settings.publicUrl ?? options.publicUrl ?? origin;
  const address = given.tunnelAddress ?? settings.tunnelAddress ?? options.tunnelAddress;
  const apiUrl = apiUrlOf(url, options.mount);
  return { apiUrl, tunnelAddress: tunnelAddressOf(address ?? `${new URL(apiUrl).hostname}:${tunnelPort}`) };
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
