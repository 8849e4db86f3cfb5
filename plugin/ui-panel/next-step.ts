/** What to do about a problem, one line each, by the codes of docs/errors.md. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  // The engine.
  'engine-unreachable':
    'See whether Docker runs on the remote machine, and whether its socket is given to the agent.',
  'engine-permission':
    'Run the agent as root, or give it the group of the engine’s socket; where the engine remaps users, start it with --userns=host.',
  'engine-timeout': 'Look at the engine’s load and log: docker info hangs on that machine, too.',
  'engine-refused': 'Look at the engine’s log; Podman or a socket proxy may not allow the call.',
  'engine-bad-answer': 'See what listens at the agent’s DOCKER_HOST.',
  'engine-bad-response': 'See what listens at the agent’s DOCKER_HOST; look at the engine’s log.',
  // Connecting to the hub.
  cleartext: 'Give the hub a certificate, set its URL to https:// and rotate the key.',
  'environment-not-associated': 'Run the command on the remote machine: “Rotate key” prints it anew.',
  'environment-not-found': 'Create it again.',
  'environment-offline': 'See that the agent runs and reaches the hub; its log has the code.',
  'node-offline': 'See that the agent’s task runs on that node and reaches the hub; its log has the code.',
  'node-without-agent': 'Run the printed Swarm command: it puts an agent on every node.',
  'hub-answer-forged':
    'Somebody answers the agent in the hub’s place: set EDGE_CA_FILE instead of EDGE_INSECURE_POLL, and look for a proxy that changes answers.',
  'hub-dns':
    'The remote machine cannot resolve the name in the tunnel’s address: correct it under Edit, and start the agent with the new key.',
  'hub-refused':
    'Nothing listens at the tunnel’s address: publish or forward the hub’s tunnel port, or correct the address under Edit.',
  'hub-unreachable':
    'No answer from the tunnel’s address: let the remote machine out to that port, and forward it to the hub.',
  'proxy-refused': 'The proxy of the remote machine must allow CONNECT to the tunnel’s port.',
  'proxy-unreachable': 'HTTPS_PROXY of the agent names a proxy that does not answer.',
  // The tunnel.
  'tunnel-fingerprint-mismatch':
    'Another server, or a proxy that ends TLS, is at the tunnel’s address: correct it under Edit, and start the agent with the new key.',
  'tunnel-handshake': 'What is in front of the hub must pass the tunnel’s port on as TCP.',
  'tunnel-protocol':
    'What answers at the tunnel’s address is no tunnel port: correct it under Edit, and start the agent with the new key.',
  'tunnel-timeout': 'See in the agent’s log whether it reaches the tunnel port.',
  'tunnel-lost': 'Connect again; if it happens often, look at the link and at what is in between.',
  'tunnel-closed': 'Somebody closed it, or changed the key: connect again.',
  'credential-expired': 'Nothing, once. Again and again: the way to the tunnel port is very slow.',
  'credential-foreign':
    'Somebody has a credential who should not: rotate the key and end the old one at once.',
  'credential-replayed':
    'Somebody has a credential who should not: rotate the key and end the old one at once.',
  'credential-unknown': 'Nothing, once: the hub was restarted.',
  'credential-unreadable': 'The key was rotated: start the agent with the new one.',
  'proof-late': 'Update the agent, if it is one; look at its link.',
  'proof-malformed': 'Update the agent, if it is one.',
  'proof-missing': 'Update the agent, if it is one.',
  superseded: 'Nothing, once. Again and again: two agents share an identity.',
  'too-many-handshakes': 'See who connects to the tunnel port; the agent tries again by itself.',
  // Enrolment.
  'agent-too-old': 'Update the agent: new image, same command.',
  'agent-unauthorized': 'Compare the agent’s EDGE_KEY with the environment; if it is lost, rotate the key.',
  'association-removed': 'If that agent is to come back, rotate the key and restart it with the new one.',
  duplicate: 'Stop one of the two agents. If you know neither, rotate the key and end the old one at once.',
  'machine-cloned':
    'Give the clone an environment and a DATA_DIR of its own, or swap the machines under Edit. If you know neither, rotate the key and end the old one at once.',
  'edge-id-mismatch':
    'Start the agent with this environment’s EDGE_ID. If you don’t know it, rotate the key.',
  'manager-unconfirmed':
    'Compare with docker node ls on a node you know. If no node should be a manager, rotate the key.',
  'swarm-mismatch': 'Give the other Swarm an environment of its own.',
  'too-many-agents': 'Nodes that are gone make room by themselves. If you don’t know these, rotate the key.',
};

/** Next step for a problem with this code; null if there is none. */
export function nextStep(code: string): string | null {
  return Object.hasOwn(NEXT_STEPS, code) ? (NEXT_STEPS[code] ?? null) : null;
}
