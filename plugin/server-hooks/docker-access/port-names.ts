import { localNames } from '../../../protocol/certificates/local-names.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';

/** Addresses of accesses in the certificate: clients refuse a large one, and callers choose what they are called by. */
const MAX_GIVEN = 50;

/** The names of the port's certificate: those of this machine and of the hub, and those that clients were given. */
export function portNames(
  store: Pick<Store, 'settings' | 'environments'>,
  {
    publicUrl,
    tunnelAddress,
    dockerAddress,
  }: Pick<ResolvedOptions, 'publicUrl' | 'tunnelAddress' | 'dockerAddress'>,
): string[] {
  const settings = store.settings();
  const accesses = [...store.environments()].flatMap(({ dockerAccess = [] }) => dockerAccess);
  const newestFirst = accesses.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const given = new Set(newestFirst.map(({ address }) => address));
  const addresses = [dockerAddress, tunnelAddress, settings.tunnelAddress, ...[...given].slice(0, MAX_GIVEN)];
  return localNames(
    publicUrl ?? undefined,
    settings.publicUrl ?? undefined,
    ...addresses.map((address) => (address ? `https://${address}` : undefined)),
  );
}
