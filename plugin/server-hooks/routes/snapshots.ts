import type { Readable } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';
import { snapshotView } from '../../api/snapshot.js';
import type { Services } from '../services.js';
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
    async ({ services, environment }) => ({ status: 200, body: await latest(services, environment.id) }),
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
    async ({ services, environment: { id } }) => {
      await services.snapshotDesk.request(id, services.waiting.waitMs({ environmentId: id }));
      return { status: 200, body: await latest(services, id) };
    },
  ),
];

async function latest({ snapshots }: Services, environmentId: number): Promise<Readable> {
  const snapshot = await snapshots.open(environmentId);
  if (snapshot) return snapshot;
  throw new EdgeError('snapshot-not-found', 'No snapshot was taken yet', { status: 404 });
}
