import { html, type TemplateResult } from 'lit';
import type { EnvironmentProblem } from '../../api.js';

/** Next steps by code of docs/errors.md, one line each. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  // The engine.
  'engine-unreachable':
    'Check that Docker is running on the remote machine and that its socket is mounted into the agent.',
  'engine-permission':
    'Run the agent as root, or in the group of the engine’s socket; if the engine remaps users, start it with --userns=host.',
  'engine-timeout': 'Check the engine’s load and log: docker info hangs on that machine, too.',
  'engine-refused': 'Check the engine’s log; Podman or a socket proxy may not allow the call.',
  'engine-bad-answer': 'Check what listens at the agent’s DOCKER_HOST.',
  'engine-bad-response': 'Check what listens at the agent’s DOCKER_HOST, and the engine’s log.',
  // Connecting to the hub.
  cleartext: 'Give the hub a certificate, set its URL to https:// and rotate the key.',
  'environment-not-associated': 'Run the command on the remote machine: “Rotate key” shows a new one.',
  'environment-not-found': 'Create it again.',
  'environment-offline': 'Check that the agent is running and can reach the hub; its log has the code.',
  'node-offline':
    'Check that the agent’s task is running on that node and can reach the hub; its log has the code.',
  'node-without-agent': 'Run the Swarm command: it starts an agent on every node.',
  'hub-answer-forged':
    'Something answers the agent in the hub’s place: set EDGE_CA_FILE instead of EDGE_INSECURE_POLL, and check for a proxy that changes responses.',
  'hub-dns':
    'The remote machine cannot resolve the host name in the tunnel address: correct it under Edit, and start the agent with the new key.',
  'hub-refused':
    'Nothing listens at the tunnel address: publish or forward the hub’s tunnel port, or correct the address under Edit.',
  'hub-unreachable':
    'No response from the tunnel address: allow the remote machine to connect to that port, and forward it to the hub.',
  'proxy-refused': 'The proxy of the remote machine must allow CONNECT to the tunnel port.',
  'proxy-unreachable': 'The proxy in the agent’s HTTPS_PROXY does not respond.',
  // The tunnel.
  'tunnel-fingerprint-mismatch':
    'Another server, or a proxy that terminates TLS, is at the tunnel address: correct it under Edit, and start the agent with the new key.',
  'tunnel-handshake': 'Proxies in front of the hub must forward the tunnel port as TCP.',
  'tunnel-protocol':
    'The server at the tunnel address is not a tunnel port: correct it under Edit, and start the agent with the new key.',
  'tunnel-timeout': 'Check in the agent’s log whether it reaches the tunnel port.',
  'tunnel-lost': 'Connect again. If it happens often, check the network in between.',
  'tunnel-closed': 'It was closed, or the key was changed: connect again.',
  'credential-expired':
    'Nothing, if it happens once. If it repeats, the connection to the tunnel port is very slow.',
  'credential-foreign': 'Someone else has the credential: rotate the key and end the old one immediately.',
  'credential-replayed': 'Someone else has the credential: rotate the key and end the old one immediately.',
  'credential-unknown': 'Nothing, if it happens once: the hub was restarted.',
  'credential-unreadable': 'The key was rotated: start the agent with the new one.',
  'proof-late': 'If it is an agent, update it and check its network.',
  'proof-malformed': 'If it is an agent, update it.',
  'proof-missing': 'If it is an agent, update it.',
  superseded: 'Nothing, if it happens once. If it repeats, two agents share an identity.',
  'too-many-handshakes': 'Check what connects to the tunnel port; the agent retries automatically.',
  // Enrolment.
  'agent-too-old': 'Update the agent: new image, same command.',
  'agent-unauthorized': 'Compare the agent’s EDGE_KEY with the environment; if it is lost, rotate the key.',
  'association-removed': 'To use that agent again, rotate the key and restart it with the new one.',
  duplicate:
    'Stop one of the two agents. If you know neither, rotate the key and end the old one immediately.',
  'machine-cloned':
    'Give the clone its own environment and DATA_DIR, or swap the machines under Edit. If you know neither, rotate the key and end the old one immediately.',
  'edge-id-mismatch':
    'Start the agent with this environment’s EDGE_ID. If you don’t know it, rotate the key.',
  'manager-unconfirmed':
    'Compare with docker node ls on a node you know. If no node should be a manager, rotate the key.',
  'swarm-mismatch': 'Create an environment for the other Swarm.',
  'too-many-agents': 'Removed nodes make room automatically. If you don’t know these, rotate the key.',
};

/** Next step for a problem with this code; null if there is none. */
export function nextStep(code: string): string | null {
  return Object.hasOwn(NEXT_STEPS, code) ? (NEXT_STEPS[code] ?? null) : null;
}

/** A problem's text, its code (empty: none) and the next step. `detail` is the hub's text, or an engine's. */
export function problemView({ code, detail }: Pick<EnvironmentProblem, 'code' | 'detail'>): TemplateResult {
  const step = nextStep(code);
  return html`<p class="notice bad">
    ${detail}${code ? html` <span class="soft">(${code})</span>` : ''}${step ? html`<br><strong>Next:</strong> ${step}` : ''}
  </p>`;
}
