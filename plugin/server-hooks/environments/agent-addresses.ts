import { parseApiUrl, parseTunnelAddress } from '../../../protocol/crypto/edge-key.js';
import { problem } from '../../../protocol/problems.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';

/** The addresses of the hub as given by a caller. */
export interface GivenAddresses {
  readonly url?: string | undefined;
  /** Null: none. */
  readonly tunnelAddress?: string | null | undefined;
}

/** The addresses of the hub that an Edge key carries. */
export interface AgentAddresses {
  /** The plugin's base URL. */
  readonly apiUrl: string;
  /** `host:port`; null: tunnels go by the API URL only. */
  readonly tunnelAddress: string | null;
}

export interface AddressSources {
  readonly store: Pick<Store, 'settings'>;
  readonly options: ResolvedOptions;
  /** The port that the tunnel listens on, if any. */
  readonly tunnelPort: number | null;
}

/**
 * Picks the addresses for a new environment: the caller's, else the settings', else the plugin options', else the
 * address of the call itself. The tunnel address defaults to the same host on the tunnel port; without that port only the
 * caller can give one.
 * @param origin scheme and authority of the call
 * @throws Problem `bad-request` (400)
 */
export function chooseAddresses(
  given: GivenAddresses,
  { store, options, tunnelPort }: AddressSources,
  origin: string,
): AgentAddresses {
  const settings = store.settings();
  const url = given.url ?? settings.publicUrl ?? options.publicUrl ?? origin;
  const apiUrl = apiUrlOf(url, options.mount);
  if (given.tunnelAddress !== undefined)
    return { apiUrl, tunnelAddress: tunnelAddressOf(given.tunnelAddress) };
  if (tunnelPort === null) return { apiUrl, tunnelAddress: null };
  const { hostname } = new URL(apiUrl);
  const address = settings.tunnelAddress ?? options.tunnelAddress ?? `${hostname}:${tunnelPort}`;
  return { apiUrl, tunnelAddress: tunnelAddressOf(address) };
}

/** A URL without a path means the hub's root, so the mount is appended. @throws Problem `bad-request` (400) */
export function apiUrlOf(text: string, mount: string): string {
  const url = readAddress('url', () => parseApiUrl(text));
  return new URL(url).pathname === '/' ? `${url}${mount}` : url;
}

/** @throws Problem `bad-request` (400) */
export function tunnelAddressOf(text: string | null): string | null {
  return text === null ? null : readAddress('tunnelAddress', () => parseTunnelAddress(text));
}

/** Parses the address in body member `name`. @throws Problem `bad-request` (400) */
export function readAddress<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw problem('bad-request', { detail: `${name}: not an address agents can use`, cause });
  }
}
