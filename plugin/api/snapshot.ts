import * as z from 'zod';
import { snapshotItems, snapshotSchema } from '../../protocol/messages/snapshot.js';
import { swarmView } from './environments/view.js';
import { nodeView } from './nodes.js';

const { takenAt, engine, counts } = snapshotSchema.shape;
const { container, image, volume, network, service, task, error } = snapshotItems;

const node = z.string().exactOptional().describe('Id of its node; absent outside a Swarm.');
const noManager = 'Null: no confirmed manager has sent a snapshot.';

/** A Swarm as its managers report it. */
const swarm = swarmView
  .extend({
    members: z.array(nodeView).describe('As in `GET …/nodes`, current.'),
    services: z.array(z.object(service.shape)).nullable().describe(noManager),
    stacks: z
      .array(z.object({ name: z.string(), services: z.int() }))
      .nullable()
      .describe('Stacks from `docker stack deploy`. Null as `services`.'),
    tasks: z
      .array(z.object(task.shape))
      .nullable()
      .describe('Running and desired tasks, without history. Null as `services`.'),
  })
  .meta({ id: 'SwarmSnapshot' });

/** `GET /environments/:id/snapshot`: the agent's snapshot, or the merged one of a Swarm. */
export const snapshotView = z
  .object({
    takenAt,
    engine,
    counts,
    containers: z.array(z.object({ ...container.shape, node })),
    images: z.array(z.object({ ...image.shape, node })),
    volumes: z.array(z.object({ ...volume.shape, node })),
    networks: z.array(
      z.object({
        ...network.shape,
        node: z
          .string()
          .exactOptional()
          .describe(
            'Id of its node; absent outside a Swarm, and for Swarm-wide networks, which are listed once.',
          ),
      }),
    ),
    swarm: swarm.nullable(),
    errors: z.array(z.object({ ...error.shape, node })),
    nodes: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          takenAt: z
            .nullable(takenAt)
            .describe('Null: its agent has sent none, or the managers do not know its node.'),
          counts: z.nullable(counts),
        }),
      )
      .exactOptional()
      .describe('The time of each node’s snapshot; absent outside a Swarm.'),
  })
  .meta({
    id: 'Snapshot',
    description:
      'What agents report about their engines, by the hub’s clock; `takenAt` is the newest. All text comes from engines: display it as plain text. `counts` of a Swarm are sums over its nodes: an item on several nodes counts on each.',
  });
