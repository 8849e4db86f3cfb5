import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import type { Stored } from '../../../../plugin/server-hooks/store/store.js';

/** A new environment with every field filled, so that a store that loses one shows. */
export function sampleEnvironment(
  id: number,
  changes: Partial<Stored<Environment>> = {},
): Stored<Environment> {
  return {
    id,
    name: `environment ${id}`,
    edgeId: '6e0b3c2e-1111-4222-8333-444455556666',
    barredEdgeIds: ['6e0b3c2e-0000-4222-8333-444455556666'],
    tags: ['shop', 'Überlingen'],
    apiUrl: 'https://hub.example:9443/edge',
    tunnelAddress: 'hub.example:8000',
    checkInSeconds: 30,
    generation: 3,
    keys: [{ generation: 2, secretHash: 'c2VjcmV0', expiresAt: '2030-01-01T00:00:00.000Z' }],
    instances: [
      {
        id: '00000000-1111-4222-8333-444455556666',
        publicKey: 'cHVibGlj',
        secret: 'c2VjcmV0',
        keyGeneration: 2,
        engineId: 'engine',
        node: { swarmId: 's', nodeId: 'n', name: 'node', role: 'manager' },
        agentVersion: '0.1.0',
        platform: 'linux/amd64',
        enrolledAt: '2029-01-01T00:00:00.000Z',
      },
    ],
    swarm: { id: 's', managers: ['n'] },
    swarmAuthority: 'i',
    createdAt: '2028-01-01T00:00:00.000Z',
    associatedAt: null,
    origin: { webhookId: 'AAAAAAAAAAAAAAAAAAAAAA', externalId: `shop/${id}` },
    dockerAccess: [
      {
        id: '40000000000000000000000000000001',
        name: 'laptop',
        node: null,
        address: 'hub.example:2376',
        certificate: '-----BEGIN CERTIFICATE-----',
        createdAt: '2029-01-01T00:00:00.000Z',
        expiresAt: '2030-01-01T00:00:00.000Z',
        createdBy: 'admin',
      },
    ],
    revision: 1,
    ...changes,
  };
}
