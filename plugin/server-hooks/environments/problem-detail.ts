const DETAILS: Readonly<Record<string, string>> = {
  'engine-unreachable': 'The agent checks in, but its Docker Engine does not answer',
  'engine-permission': 'The agent checks in, but may not open the socket of its Docker Engine',
  'engine-timeout': 'The agent checks in, but its Docker Engine does not answer in time',
  'engine-refused':
    'The agent checks in, but its Docker Engine, or a proxy in front of it, refuses its calls',
  'engine-bad-answer': 'The agent checks in, but what answers at its DOCKER_HOST is no Docker Engine',
  cleartext: 'Check-ins travel over http://: anyone on the way can read them',
  duplicate: 'A second agent with this Edge key wants in; the first one keeps working',
  'machine-cloned': 'A clone of the agent’s machine wants in; the first machine keeps working',
  'edge-id-mismatch': 'An agent with the right Edge key came with another Edge ID and was refused',
  'association-removed': 'The disassociated agent wants back; it stays out until the key is rotated',
  'swarm-mismatch':
    'An agent’s engine is not in this Swarm: it gets no Swarm calls, and a new agent is refused',
  'agent-too-old': 'An agent that is too old for this hub was refused: update it',
  'too-many-agents': 'Agents of 500 nodes check in already; another one was refused',
  'manager-unconfirmed':
    'An agent says that its node is a manager of the Swarm, and no manager that is trusted knows it as one: see the nodes',
  'tunnel-fingerprint-mismatch': 'The agent met another key at the tunnel address than its Edge key names',
  'tunnel-handshake': 'The tunnel address does not complete a handshake with the agent',
  'tunnel-protocol': 'What answers the agent at the tunnel address is no hub of this kind',
  'tunnel-lost': 'The connection for the tunnel broke before it was open',
  'credential-expired': 'The agent came with a credential that was too old',
  'credential-foreign': 'A credential was presented by another agent than it was made for',
  'credential-replayed': 'A credential was presented a second time',
  'credential-unknown': 'The agent came with a credential that the hub does not know any more',
  'credential-unreadable': 'The agent cannot open the credentials: it has another Edge key',
  'hub-answer-forged': 'The agent gets answers to its check-ins that are not the hub’s',
  'hub-dns': 'The agent cannot resolve the name in the tunnel address',
  'hub-refused': 'Nothing accepts the agent at the tunnel address',
  'hub-unreachable': 'The agent gets no answer from the tunnel address',
  'proxy-refused': 'The agent’s proxy refuses the way to the tunnel address',
  'proxy-unreachable': 'The agent’s proxy does not answer',
};

/** The cause of a problem, for people. Codes may be any agent's text. */
export function problemDetail(code: string): string {
  return (Object.hasOwn(DETAILS, code) ? DETAILS[code] : undefined) ?? `See docs/errors.md#${code}`;
}
