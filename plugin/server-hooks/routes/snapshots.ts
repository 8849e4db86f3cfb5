import type { Readable } from 'node:stream';
import { problem } from '../../../protocol/problems.js';
import { snapshotView } from '../../api/snapshot.js';
import type { EnvironmentAdmin } from '../environments/admin.js';
import { defineOperation } from '../http/define-operation.js';
import type { Availability } from '../live/availability.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Environment } from '../model/environment.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import { composeSnapshot, type SnapshotSources } from '../views/snapshot/compose.js';

export interface SnapshotDeps extends SnapshotSources {
  readonly snapshots: SnapshotFiles;
  readonly live: LiveEnvironments;
  readonly availability: Availability;
  readonly admin: EnvironmentAdmin;
}

/** `/api/environments/:id/snapshot`. */
export const snapshotOperations = [
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
    async ({ environment }, deps: SnapshotDeps) => ({ status: 200, body: await latest(deps, environment) }),
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
    async ({ environment: { id } }, deps: SnapshotDeps) => {
      await deps.live.of(id).snapshots.request(deps.availability.waitMs({ environmentId: id }));
      return { status: 200, body: await latest(deps, deps.admin.get(id)) };
    },
  ),
];

async function latest(deps: SnapshotDeps, environment: Environment): Promise<Readable> {
  const leave = deps.snapshots.enter(environment.id);
  let snapshot: Readable | null = null;
  try {
    snapshot = await composeSnapshot(environment, deps);
    if (snapshot) return snapshot.once('close', leave);
  } finally {
    if (!snapshot) leave();
  }
  throw problem('snapshot-not-found');
}
