import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import type { CHECK_PROBLEMS } from '../../../protocol/problems/checks.js';
import type { SelfTestCheck } from '../../api.js';

const SUCCESSES: Readonly<Record<SelfTestCheck['check'], (place: string) => string>> = {
  'api-name': (place) => `The name in ${place} resolves.`,
  'api-port': (place) => `${place} accepts connections.`,
  'api-certificate': (place) => `The certificate at ${place} is trusted everywhere.`,
  'api-answer': (place) => `This hub answers agents at ${place}.`,
  'tunnel-name': (place) => `The name in ${place} resolves.`,
  'tunnel-port': (place) => `${place} accepts connections.`,
  'tunnel-key': (place) => `${place} presents the key in the Edge keys.`,
};

/** Codes that a check can find. */
export type CheckProblemCode =
  | keyof typeof CHECK_PROBLEMS
  | Extract<
      AgentProblemCode,
      | 'cleartext'
      | 'hub-answer-malformed'
      | `hub-certificate-${string}`
      | 'hub-dns'
      | 'hub-not-tls'
      | 'hub-refused'
      | 'hub-unreachable'
      | 'tunnel-fingerprint-mismatch'
      | 'tunnel-handshake'
      | 'tunnel-protocol'
    >;

/** By code: the finding, as the hub sees it from its own machine, and the next step. */
const FAILURES: Readonly<Record<CheckProblemCode, readonly [(place: string) => string, string]>> = {
  'hub-dns': [
    (place) => `The name in ${place} cannot be resolved by the hub.`,
    'Correct the name, or add it to the DNS that agents use.',
  ],
  'address-not-tested': [
    (place) => `${place} is an address at which no agent can reach a hub.`,
    'Use the hub’s address or name in the agents’ network.',
  ],
  'hub-loopback': [
    (place) => `${place} is a loopback address: on each machine it means that machine.`,
    'For agents on other machines, use a name or address at which they reach this one.',
  ],
  'hub-refused': [
    (place) => `Nothing listens at ${place}.`,
    'Correct the port. If the hub runs in a container, publish it; behind a proxy or router, forward it.',
  ],
  'hub-unreachable': [
    (place) => `There is no answer from ${place}.`,
    'Check firewalls and port forwarding. Some routers do not let the inside reach their outer address: then test from outside.',
  ],
  'hub-not-tls': [
    (place) => `What listens at ${place} does not speak TLS.`,
    'Correct the port in the address, or use http:// instead of https://.',
  ],
  'hub-certificate-untrusted': [
    (place) => `The certificate at ${place} is not from an authority that agents know.`,
    'Give agents the CA with EDGE_CA_FILE, or let them accept any certificate with EDGE_INSECURE_POLL=1. Best is a publicly trusted certificate.',
  ],
  'hub-certificate-expired': [
    (place) => `The certificate at ${place} is expired, or not valid yet.`,
    'Renew it, or correct the clock of this machine.',
  ],
  'hub-certificate-name': [
    (place) => `The certificate at ${place} is for another name.`,
    'Use a name from the certificate in the address, or renew it for this name.',
  ],
  cleartext: [
    (place) => `${place} does not use TLS: anyone on the network path can read check-ins.`,
    'Give the hub a certificate and an https:// address.',
  ],
  'hub-other': [
    (place) => `Another hub answers at ${place}.`,
    'Correct the address. If the hub moved, point its name here.',
  ],
  'hub-answer-malformed': [
    (place) => `Something other than this hub answers at ${place}.`,
    'Correct address and path. A proxy must pass /agent/ unchanged, including the Authorization header, without a sign-on page or redirect.',
  ],
  'tunnel-handshake': [
    (place) => `${place} does not complete a TLS handshake.`,
    'Correct the port. A proxy in front must forward the connection as TCP.',
  ],
  'tunnel-protocol': [
    (place) => `${place} answers, but it is not a tunnel port.`,
    'Correct the tunnel address.',
  ],
  'tunnel-fingerprint-mismatch': [
    (place) => `${place} presents a key other than the one in the Edge keys.`,
    'Correct the tunnel address. If a proxy terminates TLS there, let it forward the connection as TCP.',
  ],
};

/** A check result for display. `code` null: success. `place` is the other end, as in the agents' addresses. */
export function explainCheck(
  check: SelfTestCheck['check'],
  code: string | null,
  place: string,
): SelfTestCheck {
  if (code === null) return { check, ok: true, code, detail: SUCCESSES[check](place), nextStep: null };
  if (!isCheckProblem(code)) return { check, ok: false, code, detail: code, nextStep: null };
  const [detail, nextStep] = FAILURES[code];
  return { check, ok: false, code, detail: detail(place), nextStep };
}

function isCheckProblem(code: string): code is CheckProblemCode {
  return Object.hasOwn(FAILURES, code);
}
