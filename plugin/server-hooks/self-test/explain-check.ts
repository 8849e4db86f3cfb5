import type { SelfTestHop } from '../../api.js';

const FINE: Readonly<Record<SelfTestHop['hop'], (place: string) => string>> = {
  'api-name': (place) => `The name in ${place} resolves.`,
  'api-port': (place) => `${place} takes connections.`,
  'api-certificate': (place) => `The certificate at ${place} is trusted everywhere.`,
  'api-answer': (place) => `This hub answers agents at ${place}.`,
  'tunnel-name': (place) => `The name in ${place} resolves.`,
  'tunnel-port': (place) => `${place} takes connections.`,
  'tunnel-key': (place) => `${place} shows the key that Edge keys name.`,
};

/** By code: what was found, and what to do. */
const WRONG: Readonly<Record<string, readonly [(place: string) => string, string]>> = {
  'hub-dns': [
    (place) => `The name in ${place} cannot be resolved by the hub.`,
    'Correct the name, or have it in the DNS that agents use.',
  ],
  'address-not-tested': [
    (place) => `${place} is an address that no agent reaches a hub at.`,
    'Give the address or name of the hub in the network that agents come from.',
  ],
  'hub-loopback': [
    (place) => `${place} means, on each machine, that machine itself.`,
    'For agents on other machines give a name or address at which they reach this one.',
  ],
  'hub-refused': [
    (place) => `Nothing listens at ${place}.`,
    'Correct the port; where the hub is in a container, publish it; where a proxy or router is in front, forward it.',
  ],
  'hub-unreachable': [
    (place) => `There is no answer from ${place}.`,
    'Look at firewalls and port forwarding. Some routers let nobody inside reach their outer address: then try from outside.',
  ],
  'hub-not-tls': [
    (place) => `What listens at ${place} does not speak TLS.`,
    'Correct the port, or http:// against https://, in the address.',
  ],
  'hub-certificate-untrusted': [
    (place) => `The certificate at ${place} is not from an authority that agents know.`,
    'Give agents the CA with EDGE_CA_FILE, or let them take any certificate with EDGE_INSECURE_POLL=1. Best is a certificate that everybody trusts.',
  ],
  'hub-certificate-expired': [
    (place) => `The certificate at ${place} is expired, or not valid yet.`,
    'Renew it, or correct the clock of this machine.',
  ],
  'hub-certificate-name': [
    (place) => `The certificate at ${place} is for another name.`,
    'Use a name of the certificate in the address, or renew it with this one.',
  ],
  cleartext: [
    (place) => `${place} is without TLS: anyone on the way can read check-ins.`,
    'Give the hub a certificate, and an https:// address.',
  ],
  'hub-other': [
    (place) => `Another hub answers at ${place}.`,
    'Correct the address; of a moved hub: let its name point here.',
  ],
  'hub-answer-malformed': [
    (place) => `Something answers at ${place}, and it is not this hub.`,
    'Correct address and path. A proxy must pass /agent/ as it is, without a sign-on page or redirect, the header Authorization included.',
  ],
  'tunnel-handshake': [
    (place) => `${place} does not complete a TLS handshake.`,
    'Correct the port. Where a proxy is in front, it must pass the connection on as TCP.',
  ],
  'tunnel-protocol': [
    (place) => `What answers at ${place} is no tunnel port.`,
    'Correct the tunnel address.',
  ],
  'tunnel-fingerprint-mismatch': [
    (place) => `${place} shows another key than Edge keys name.`,
    'Correct the tunnel address. Where a proxy ends TLS there, let it pass the connection on as TCP.',
  ],
};

/** A hop as people read it. `code` null: nothing is wrong with it. `place` is the other end, as agents are told. */
export function explainCheck(hop: SelfTestHop['hop'], code: string | null, place: string): SelfTestHop {
  if (code === null) return { hop, ok: true, code, detail: FINE[hop](place), nextStep: null };
  const [detail, nextStep] = WRONG[code] ?? [() => code, null];
  return { hop, ok: false, code, detail: detail(place), nextStep };
}
