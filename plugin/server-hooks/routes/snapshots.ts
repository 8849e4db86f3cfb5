import type { Readable } from 'node:stream';
import { problem } from '../../../protocol/problems.js';
import { snapshotView } from '../../api/snapshot.js';
import { defineOperation } from '../http/define-operation.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import { composeSnapshot } from '../views/snapshot/compose.js';

/** `/api/environments/:id/snapshot`. */
export const snapshotCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/snapshot',
      id: 'getSnapshot',
      summary: 'Get the latest snapshot',
      access: 'read',
      description:
        'In a Swarm, all nodes merged: each item names its `node`, the counts are sums, and `swarm` has what managers report.',
      answers: {
        200: { description: 'The agent’s snapshot, or the merged one of a Swarm', body: snapshotView },
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
      summary: 'Request a new snapshot',
      description:
        "In a Swarm, requests one from all agents: waits for a manager's, and three more seconds for the others'. `nodes` has the time of each.",
      access: 'docker',
      answers: {
        200: { description: 'The agent’s snapshot, or the merged one of a Swarm', body: snapshotView },
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
      await services.live.of(id).snapshots.request(services.availability.waitMs({ environmentId: id }));
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
  throw problem('snapshot-not-found');
}
