import { EdgeError } from '../../../protocol/edge-error.js';
import { snapshotView } from '../../api/snapshot.js';
import { defineCall } from './define-call.js';

/** `/api/environments/:id/snapshot`. */
export const snapshotCalls = [
  defineCall(
    {
      method: 'GET',
      path: '/api/environments/:id/snapshot',
      id: 'getSnapshot',
      summary: 'The latest snapshot',
      access: 'read',
      answers: { 200: { description: 'As the agent sent it', body: snapshotView } },
      problems: ['snapshot-not-found'],
    },
    async ({ services, environment }) => {
      const snapshot = await services.snapshots.read(environment.id);
      if (snapshot) return { status: 200, body: snapshot };
      throw new EdgeError('snapshot-not-found', 'No snapshot was taken yet', { status: 404 });
    },
  ),

  defineCall(
    {
      method: 'POST',
      path: '/api/environments/:id/snapshot',
      id: 'takeSnapshot',
      summary: 'Asks the agent for a snapshot, and answers with it',
      access: 'docker',
      answers: { 200: { description: 'As the agent sent it', body: snapshotView } },
      problems: ['environment-not-associated', 'environment-offline', 'snapshot-timeout'],
    },
    async ({ services, environment: { id } }) => ({
      status: 200,
      body: await services.snapshotDesk.request(id, services.waiting.waitMs(id)),
    }),
  ),
];
