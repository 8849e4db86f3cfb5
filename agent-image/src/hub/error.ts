import { codeOf, EdgeError } from '../../../protocol/edge-error.js';

const CODES: Readonly<Record<string, readonly string[]>> = {
  'hub-dns': ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'],
  'hub-refused': ['ECONNREFUSED'],
  'hub-certificate-untrusted': [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_UNTRUSTED',
    'CERT_SIGNATURE_FAILURE',
    'INVALID_CA',
  ],
  'hub-certificate-expired': ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
  'hub-certificate-name': ['ERR_TLS_CERT_ALTNAME_INVALID'],
  'hub-not-tls': ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'],
};

const MESSAGES: Readonly<Record<string, string>> = {
  'hub-dns': "The hub's name cannot be resolved: check the name in the hub's settings and this machine's DNS",
  'hub-refused': 'The hub refuses the connection: check that it runs and that its port is open',
  'hub-unreachable': 'The hub cannot be reached: check the network, firewalls and HTTPS_PROXY',
  'hub-certificate-untrusted':
    "The hub's certificate is not signed by a trusted authority: set EDGE_CA_FILE to its CA, or EDGE_INSECURE_POLL=1",
  'hub-certificate-expired':
    "The hub's certificate is not valid now: renew it, or correct this machine's clock",
  'hub-certificate-name':
    "The hub's certificate is for another name: use that name as the hub's URL, or renew it",
  'hub-not-tls': 'The hub does not speak TLS on that port: check the port and http:// or https:// in its URL',
};

/**
 * Explains a failed attempt to reach the hub to the agent's operator, with the next step in
 * the message. An EdgeError passes unchanged; any other unknown error is `hub-unreachable`.
 */
export function toHubError(error: unknown): EdgeError {
  if (error instanceof EdgeError) return error;
  const cause = codeOf(error);
  const found = Object.keys(CODES).find((code) => CODES[code]?.includes(cause)) ?? 'hub-unreachable';
  return new EdgeError(found, `${MESSAGES[found]} (${cause})`, { cause: error });
}
