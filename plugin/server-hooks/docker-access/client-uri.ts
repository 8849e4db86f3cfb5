import type { X509Certificate } from 'node:crypto';

/** What a client certificate of the Docker port names. It gives nothing by itself: see `grants.ts`. */
export interface CertificateClaim {
  readonly environmentId: number;
  /** The id of its access: its serial number. */
  readonly accessId: string;
}

const URI = /^URI:fairlead:environment\/([1-9][0-9]{0,14})(?:\/nodes\/[^/?#]+)?$/;

/** The alternative name of a client certificate: `fairlead:environment/5` or `fairlead:environment/5/nodes/worker-1`. */
export function clientUri(environmentId: number, node: string | null): string {
  const at = node === null ? '' : `/nodes/${encodeURIComponent(node).replaceAll("'", '%27')}`;
  return `fairlead:environment/${environmentId}${at}`;
}

/** Reads a certificate that the port's CA has signed; null if it is not a client's. */
export function readClaim({ subjectAltName, serialNumber }: X509Certificate): CertificateClaim | null {
  const [, id] = URI.exec(subjectAltName ?? '') ?? [];
  return id === undefined ? null : { environmentId: Number(id), accessId: serialNumber.toLowerCase() };
}
