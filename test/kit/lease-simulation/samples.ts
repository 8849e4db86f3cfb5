import type { Environment, Instance } from '../../../plugin/server-hooks/model/environment.js';
import type { SwarmMember } from '../../../protocol/messages/agent-calls.js';

/** One that has just enrolled; its secret follows from its id. */
export function newInstance(id: string): Instance {
  return {
    id,
    publicKey: '',
    secret: Buffer.from(id).toString('base64url'),
    keyGeneration: 1,
    engineId: id,
    node: null,
    agentVersion: '0.0.0',
    platform: 'linux/amd64',
    enrolledAt: '2030-01-01T00:00:00.000Z',
  };
}

/** A Swarm whose first node is known as a manager. */
export function swarmEnvironment(edgeId: string, secretHash: Buffer): Environment {
  return {
    id: 1,
    name: 'one',
    edgeId,
    barredEdgeIds: [],
    tags: [],
    apiUrl: 'https://hub.example/edge',
    tunnelAddress: 'hub.example:8000',
    checkInSeconds: null,
    generation: 1,
    keys: [{ generation: 1, secretHash: secretHash.toString('base64url'), expiresAt: null }],
    instances: [],
    swarm: { id: 'swarm', managers: ['node-1'] },
    swarmAuthority: null,
    createdAt: '2030-01-01T00:00:00.000Z',
    associatedAt: '2030-01-01T00:00:00.000Z',
    origin: null,
  };
}

/** An entry of `GET /nodes`. */
export function member(
  id: string,
  role: SwarmMember['role'],
  availability: SwarmMember['availability'],
): SwarmMember {
  return {
    id,
    name: id,
    role,
    availability,
    state: 'ready',
    isLeader: false,
    reachability: null,
    engineVersion: '',
    cpus: 1,
    memoryBytes: 1,
  };
}
