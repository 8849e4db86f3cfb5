import * as z from 'zod';
import { snapshotSchema } from '../../protocol/snapshot.js';

/** `GET /environments/:id/snapshot`: as the agent sent it. */
export const snapshotView = snapshotSchema.register(z.globalRegistry, {
  id: 'Snapshot',
  description:
    'What an agent tells about its engine, by its own clock. Every text in it is the engine’s: show it as text.',
});
