import { codeOf } from '../../protocol/problems/problem.js';
import { EXIT, Failure, interruption } from '../failure.js';

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** What Node's errors of DNS, TCP and TLS mean, and the next step. */
const CAUSES: Readonly<Record<string, readonly [sentence: string, nextStep: string]>> = {
  ENOTFOUND: ['the name is not known to DNS', 'Check the spelling, and the DNS of this machine'],
  EAI_AGAIN: ['DNS does not answer', 'Check the network of this machine'],
  ECONNREFUSED: ['the connection is refused', 'Check the port, and that the hub is running'],
  ECONNRESET: ['the connection was reset', 'Check that the port speaks TLS, and proxies on the way'],
  ETIMEDOUT: ['no answer in time', 'Check firewalls between this machine and the hub'],
  EHOSTUNREACH: ['there is no route to it', 'Check the network of this machine'],
  ENETUNREACH: ['there is no route to it', 'Check the network of this machine'],
  EPROTO: ['it does not speak TLS', 'Check the port'],
  CERT_HAS_EXPIRED: [
    'its certificate has expired',
    'Renew it on the hub, and check the clock of this machine',
  ],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', 'Check the clock of this machine'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for other names',
    'Use a name of its certificate, or set FAIRLEAD_PUBLIC_URL on the hub to this address',
  ],
};

/** Whether a certificate is from an authority that is not trusted. */
export function isUntrusted(error: unknown): boolean {
  return UNTRUSTED.has(codeOf(error));
}

/** Makes the failure of an error of DNS, TCP or TLS. */
export function networkFailure(where: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === 'ABORT_ERR')
    return error instanceof Error && error.cause instanceof Failure ? error.cause : interruption();
  const [sentence, nextStep] = isUntrusted(error)
    ? [
        'its certificate is not from the authority that this machine trusts',
        'If the hub has a new CA, run fairlead login with its --fingerprint. Otherwise somebody may be in between',
      ]
    : (CAUSES[code] ?? [error instanceof Error ? error.message : String(error), undefined]);
  return new Failure(`Cannot reach ${where}: ${sentence}`, {
    exitCode: EXIT.unreachable,
    nextStep,
    code,
    cause: error,
  });
}
