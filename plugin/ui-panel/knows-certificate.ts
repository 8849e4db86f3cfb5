import type { SelfTestResult } from '../api.js';

/**
 * Whether agents trust the authority of the certificate that a self-test met. Null: inconclusive, such as for a wrong
 * name or date; the hub's default applies.
 */
export function knowsCertificate(result: SelfTestResult | null): boolean | null {
  const certificate = result?.hops.find(({ hop }) => hop === 'api-certificate');
  if (certificate?.ok) return true;
  return certificate?.code === 'hub-certificate-untrusted' ? false : null;
}
