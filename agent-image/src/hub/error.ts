import { AGENT_PROBLEMS, type AgentProblemCode, problem } from '../../../protocol/problems/agent.js';
import { codeOf, Problem, plain } from '../../../protocol/problems/problem.js';

/** Node's codes by ours. */
const CODES: Partial<Record<AgentProblemCode, readonly string[]>> = {
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

/**
 * Explains a failed attempt to reach the hub to the agent's operator, with the next step in the message. A Problem
 * passes unchanged; any other unknown error is `hub-unreachable`.
 */
export function toHubError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const cause = codeOf(error);
  const known = Object.keys(CODES) as (keyof typeof CODES)[];
  const code = known.find((one) => CODES[one]?.includes(cause)) ?? 'hub-unreachable';
  const { sentence, nextStep } = AGENT_PROBLEMS[code];
  return problem(code, { detail: `${sentence} (${cause}). ${plain(nextStep)}`, cause: error });
}
