import type { ProblemCode } from '../problems.js';
import type { AgentProblemCode } from './agent.js';
import type { ENROLMENT_PROBLEMS } from './enrolment.js';

/** How the panel shows a problem: from outside the agent, and with what an admin can do in the panel. */
interface ShownProblem {
  /** Replaces the sentence where an admin sees it from another side: an agent's network codes are about the tunnel here. */
  readonly sentence?: string;
  readonly nextStep: string;
}

/** Codes that appear in logs, or while an agent starts, and are never an environment's problem. */
type LogOnly =
  | 'agent-stopping'
  | 'command-unknown'
  | `config-${'invalid' | 'missing'}`
  | `credential-${'revoked' | 'superseded'}`
  | `data-dir-${'damaged' | 'unwritable'}`
  | `edge-${'id' | 'key'}-malformed`
  | 'engine-redirect'
  | 'hold-cut'
  | 'hub-answer-malformed'
  | `hub-certificate-${'expired' | 'name' | 'untrusted'}`
  | 'hub-not-tls'
  | 'instance-key-unusable'
  | 'instance-secret-unreadable'
  | 'labels-dropped'
  | 'list-truncated'
  | 'metrics-unwritable'
  | 'mount-replaced'
  | 'nudged'
  | 'status-unwritable'
  | 'stream-reset';

/** Refusals that an environment shows as its problem. */
type Refusal = Extract<
  keyof typeof ENROLMENT_PROBLEMS,
  | 'agent-too-old'
  | 'association-removed'
  | 'duplicate'
  | 'edge-id-mismatch'
  | 'machine-cloned'
  | 'manager-unconfirmed'
  | 'swarm-mismatch'
  | 'too-many-agents'
>;

type ShownCode = Exclude<AgentProblemCode, LogOnly> | Refusal;

/** Texts of the problems that an environment, its nodes and its connections can have. */
export const SHOWN_PROBLEMS: Readonly<
  Record<ShownCode, ShownProblem> & Partial<Record<ProblemCode, ShownProblem>>
> = {
  // The engine.
  'engine-unreachable': {
    nextStep:
      'Check that Docker is running on the remote machine and that its socket is mounted into the agent.',
  },
  'engine-permission': {
    nextStep:
      'Run the agent as root, or in the group of the engine’s socket; if the engine remaps users, start it with --userns=host.',
  },
  'engine-timeout': { nextStep: 'Check the engine’s load and log: docker info hangs on that machine, too.' },
  'engine-refused': { nextStep: 'Check the engine’s log; Podman or a socket proxy may not allow the call.' },
  'engine-bad-answer': { nextStep: 'Check what listens at the agent’s DOCKER_HOST.' },
  'engine-bad-response': { nextStep: 'Check what listens at the agent’s DOCKER_HOST, and the engine’s log.' },
  // Connecting to the hub.
  cleartext: { nextStep: 'Give the hub a certificate, set its URL to https:// and rotate the key.' },
  'environment-not-associated': {
    nextStep: 'Run the command on the remote machine: “Rotate key” shows a new one.',
  },
  'environment-not-found': { nextStep: 'Create it again.' },
  'environment-offline': {
    nextStep: 'Check that the agent is running and can reach the hub; its log has the code.',
  },
  'node-offline': {
    nextStep:
      'Check that the agent’s task is running on that node and can reach the hub; its log has the code.',
  },
  'node-without-agent': { nextStep: 'Run the Swarm command: it starts an agent on every node.' },
  'hub-answer-forged': {
    sentence: 'The agent receives answers to its check-ins that are not from the hub',
    nextStep:
      'Something answers the agent in the hub’s place: set EDGE_CA_FILE instead of EDGE_INSECURE_POLL, and check for a proxy that changes responses.',
  },
  'hub-dns': {
    sentence: 'The agent cannot resolve the name in the tunnel address',
    nextStep:
      'The remote machine cannot resolve the host name in the tunnel address: correct it under Edit, and start the agent with the new key.',
  },
  'hub-refused': {
    sentence: 'The tunnel address refuses the agent’s connection',
    nextStep:
      'Nothing listens at the tunnel address: publish or forward the hub’s tunnel port, or correct the address under Edit.',
  },
  'hub-unreachable': {
    sentence: 'The agent gets no answer from the tunnel address',
    nextStep:
      'No response from the tunnel address: allow the remote machine to connect to that port, and forward it to the hub.',
  },
  'proxy-refused': {
    sentence: 'The agent’s proxy refuses to connect to the tunnel address',
    nextStep: 'The proxy of the remote machine must allow CONNECT to the tunnel port.',
  },
  'proxy-unreachable': {
    sentence: 'The agent’s proxy does not answer',
    nextStep: 'The proxy in the agent’s HTTPS_PROXY does not respond.',
  },
  // The tunnel.
  'tunnel-fingerprint-mismatch': {
    nextStep:
      'Another server, or a proxy that terminates TLS, is at the tunnel address: correct it under Edit, and start the agent with the new key.',
  },
  'tunnel-handshake': { nextStep: 'Proxies in front of the hub must forward the tunnel port as TCP.' },
  'tunnel-websocket-refused': {
    nextStep: 'Let the proxy in front of the hub pass WebSockets on, or open the tunnel port.',
  },
  'tunnel-protocol': {
    nextStep:
      'The server at the tunnel address is not a tunnel port: correct it under Edit, and start the agent with the new key.',
  },
  'tunnel-timeout': { nextStep: 'Check in the agent’s log whether it reaches the tunnel port.' },
  'tunnel-lost': {
    sentence: 'The connection for the tunnel broke before it was open',
    nextStep: 'Connect again. If it happens often, check the network in between.',
  },
  'tunnel-closed': { nextStep: 'It was closed, or the key was changed: connect again.' },
  'credential-expired': {
    nextStep: 'Nothing, if it happens once. If it repeats, the connection to the tunnel port is very slow.',
  },
  'credential-foreign': {
    nextStep: 'Someone else has the credential: rotate the key and end the old one immediately.',
  },
  'credential-replayed': {
    nextStep: 'Someone else has the credential: rotate the key and end the old one immediately.',
  },
  'credential-unknown': { nextStep: 'Nothing, if it happens once: the hub was restarted.' },
  'credential-unreadable': { nextStep: 'The key was rotated: start the agent with the new one.' },
  'proof-late': { nextStep: 'If it is an agent, update it and check its network.' },
  'proof-malformed': { nextStep: 'If it is an agent, update it.' },
  'proof-missing': { nextStep: 'If it is an agent, update it.' },
  superseded: { nextStep: 'Nothing, if it happens once. If it repeats, two agents share an identity.' },
  'too-many-handshakes': {
    nextStep: 'Check what connects to the tunnel port; the agent retries automatically.',
  },
  // Enrolment.
  'agent-too-old': {
    sentence: 'An agent that is too old for this hub was rejected',
    nextStep: 'Update the agent: new image, same command.',
  },
  'agent-unauthorized': {
    nextStep: 'Compare the agent’s EDGE_KEY with the environment; if it is lost, rotate the key.',
  },
  'association-removed': {
    sentence: 'The disassociated agent tried to enrol and was rejected; rotate the key to admit it',
    nextStep: 'To use that agent again, rotate the key and restart it with the new one.',
  },
  duplicate: {
    sentence: 'Another agent tried to use this Edge key and was rejected',
    nextStep:
      'Stop one of the two agents. If you know neither, rotate the key and end the old one immediately.',
  },
  'machine-cloned': {
    sentence: 'A clone of the agent’s machine tried to enrol and was rejected',
    nextStep:
      'Give the clone its own environment and DATA_DIR, or swap the machines under Edit. If you know neither, rotate the key and end the old one immediately.',
  },
  'edge-id-mismatch': {
    sentence: 'An agent with the right Edge key presented another Edge ID and was rejected',
    nextStep: 'Start the agent with this environment’s EDGE_ID. If you don’t know it, rotate the key.',
  },
  'manager-unconfirmed': {
    sentence:
      'An agent reports its node as a manager of the Swarm, and no trusted manager confirms it: see the nodes',
    nextStep:
      'Compare with docker node ls on a node you know. If no node should be a manager, rotate the key.',
  },
  'swarm-mismatch': {
    sentence: 'An agent’s engine is not in this Swarm: it gets no Swarm calls, and a new agent is rejected',
    nextStep: 'Create an environment for the other Swarm.',
  },
  'too-many-agents': {
    sentence: 'Agents of 500 nodes check in already; another one was rejected',
    nextStep: 'Removed nodes make room automatically. If you don’t know these, rotate the key.',
  },
};

/** The texts for a code, which may come from an agent; undefined if there are none. */
export function shownProblem(code: string): ShownProblem | undefined {
  return Object.hasOwn(SHOWN_PROBLEMS, code) ? SHOWN_PROBLEMS[code as ProblemCode] : undefined;
}
