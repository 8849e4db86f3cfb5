import type { SelfTestResult } from '../api.js';

/**
 * Whether agents know the authority of the certificate that a self-test met. Null: nobody can tell from this; of a wrong name
 * or date the hub itself knows best what agents need.
 */
export function knowsCertificate(result: SelfTestResult | null): boolean | null {
  const certificate = result?.hops.find(({ hop }) => hop === 'api-certificate');
  if (certificate?.ok) return true;
  return certificate?.code === 'hub-certificate-untrusted' ? false : null;
}
