import type { Readable } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';
import { snapshotView } from '../../api/snapshot.js';
import { composeSnapshot } from '../environments/compose-snapshot.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import { defineOperation } from './define-operation.js';

/** `/api/environments/:id/snapshot`. */
export const snapshotCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/snapshot',
      id: 'getSnapshot',
      summary: 'The latest snapshot',
      access: 'read',
      description:
        'In a Swarm of all nodes together: each item says of which `node` it is, the counts are sums, and `swarm` has what managers tell.',
      answers: {
        200: { description: 'As the agent sent it, or those of a Swarm as one', body: snapshotView },
      },
      problems: ['snapshot-busy', 'snapshot-not-found', 'snapshot-unreadable'],
    },
    async ({ services, environment }) => ({ status: 200, body: await latest(services, environment) }),
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/snapshot',
      id: 'takeSnapshot',
      summary: 'Asks the agent for a snapshot, and answers with it',
      description:
        "In a Swarm all agents are asked: waits for a manager's, and three seconds more for the others'. `nodes` tells how old each is.",
      access: 'docker',
      answers: {
        200: { description: 'As the agent sent it, or those of a Swarm as one', body: snapshotView },
      },
      problems: [
        'environment-not-associated',
        'environment-offline',
        'snapshot-busy',
        'snapshot-timeout',
        'snapshot-unreadable',
      ],
    },
    async ({ services, environment: { id } }) => {
      await services.snapshotRequests.request(id, services.waiting.waitMs({ environmentId: id }));
      return { status: 200, body: await latest(services, services.admin.get(id)) };
    },
  ),
];

async function latest(services: Services, environment: Environment): Promise<Readable> {
  const leave = services.snapshots.enter(environment.id);
  let snapshot: Readable | null = null;
  try {
    snapshot = await composeSnapshot(environment, services);
    if (snapshot) return snapshot.once('close', leave);
  } finally {
    if (!snapshot) leave();
  }
  throw new EdgeError('snapshot-not-found', 'No snapshot was taken yet', { status: 404 });
}
