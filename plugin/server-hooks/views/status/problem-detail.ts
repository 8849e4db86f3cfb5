const DETAILS: Readonly<Record<string, string>> = {
  'engine-unreachable': 'The agent checks in, but its Docker Engine does not answer',
  'engine-permission': 'The agent checks in, but may not open the socket of its Docker Engine',
  'engine-timeout': 'The agent checks in, but its Docker Engine does not answer in time',
  'engine-refused':
    'The agent checks in, but its Docker Engine, or a proxy in front of it, rejects its calls',
  'engine-bad-answer': 'The agent checks in, but its DOCKER_HOST is not a Docker Engine',
  cleartext: 'Check-ins travel over http://: anyone on the network path can read them',
  duplicate: 'Another agent tried to use this Edge key and was rejected',
  'machine-cloned': 'A clone of the agent’s machine tried to enrol and was rejected',
  'edge-id-mismatch': 'An agent with the right Edge key presented another Edge ID and was rejected',
  'association-removed':
    'The disassociated agent tried to enrol and was rejected; rotate the key to admit it',
  'swarm-mismatch':
    'An agent’s engine is not in this Swarm: it gets no Swarm calls, and a new agent is rejected',
  'agent-too-old': 'An agent that is too old for this hub was rejected: update it',
  'too-many-agents': 'Agents of 500 nodes check in already; another one was rejected',
  'manager-unconfirmed':
    'An agent reports its node as a manager of the Swarm, and no trusted manager confirms it: see the nodes',
  'tunnel-fingerprint-mismatch': 'The key at the tunnel address is not the one in the agent’s Edge key',
  'tunnel-handshake': 'The tunnel address does not complete a handshake with the agent',
  'tunnel-protocol': 'The tunnel address answers, but not as a Fairlead hub',
  'tunnel-lost': 'The connection for the tunnel broke before it was open',
  'credential-expired': 'The agent presented an expired credential',
  'credential-foreign': 'A credential was presented by the wrong agent',
  'credential-replayed': 'A credential was presented a second time',
  'credential-unknown': 'The agent presented a credential that the hub does not know',
  'credential-unreadable': 'The agent cannot decrypt the credentials: it has another Edge key',
  'hub-answer-forged': 'The agent receives answers to its check-ins that are not from the hub',
  'hub-dns': 'The agent cannot resolve the name in the tunnel address',
  'hub-refused': 'The tunnel address refuses the agent’s connection',
  'hub-unreachable': 'The agent gets no answer from the tunnel address',
  'proxy-refused': 'The agent’s proxy refuses to connect to the tunnel address',
  'proxy-unreachable': 'The agent’s proxy does not answer',
};

/** The cause of a problem, for display. Codes may be any text an agent sends. */
export function problemDetail(code: string): string {
  return (Object.hasOwn(DETAILS, code) ? DETAILS[code] : undefined) ?? `See docs/errors.md#${code}`;
}
