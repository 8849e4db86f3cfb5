import { localNames } from '../../../protocol/certificates/local-names.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';

/** The names of the port's certificate: those of this machine and of the hub, and those that clients were given. */
export function portNames(
  store: Pick<Store, 'settings' | 'environments'>,
  { publicUrl, tunnelAddress }: Pick<ResolvedOptions, 'publicUrl' | 'tunnelAddress'>,
): string[] {
  const settings = store.settings();
  const given = new Set<string>();
  for (const { dockerAccess = [] } of store.environments())
    for (const { address } of dockerAccess) given.add(address);
  const addresses = [tunnelAddress, settings.tunnelAddress, ...given];
  return localNames(
    publicUrl ?? undefined,
    settings.publicUrl ?? undefined,
    ...addresses.map((address) => (address ? `https://${address}` : undefined)),
  );
}
