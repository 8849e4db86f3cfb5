import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { urlAddress } from '../network/url-address.js';

const DNS_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * The names and addresses under which this machine may be reached: loopback, its hostname, the address of each
 * interface, and the hosts of `urls`. Excludes names that a certificate cannot contain.
 */
export function localNames(...urls: readonly (string | undefined)[]): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    // A link-local address is meaningless without its zone, which certificates cannot carry.
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .map(({ address }) => address);
  const published = urls.flatMap((url) => (url === undefined ? [] : [urlAddress(new URL(url)).host]));
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...published, ...addresses];
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(
    (name) => isIP(name) || DNS_NAME.test(name),
  );
}
