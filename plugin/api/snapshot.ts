import * as z from 'zod';
import { snapshotItems, snapshotSchema } from '../../protocol/snapshot.js';
import { swarmView } from './environment-view.js';
import { nodeView } from './nodes.js';

const { takenAt, engine, counts } = snapshotSchema.shape;
const { container, image, volume, network, service, task, error } = snapshotItems;

const node = z.string().exactOptional().describe('Id of its node; absent outside a Swarm.');
const noManager = 'Null: no confirmed manager has sent a snapshot.';

/** What its managers tell of a Swarm. */
const swarm = swarmView
  .extend({
    members: z.array(nodeView).describe('As `GET …/nodes` tells them, at this moment.'),
    services: z.array(z.object(service.shape)).nullable().describe(noManager),
    stacks: z
      .array(z.object({ name: z.string(), services: z.int() }))
      .nullable()
      .describe('What `docker stack deploy` made. Null as `services`.'),
    tasks: z
      .array(z.object(task.shape))
      .nullable()
      .describe('Those that run or should, without history. Null as `services`.'),
  })
  .meta({ id: 'SwarmSnapshot' });

/** `GET /environments/:id/snapshot`: as the agent sent it, or those of a Swarm's agents as one. */
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
            'Id of its node; absent outside a Swarm, and of networks of the whole Swarm, which come once.',
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
            .describe('Null: its agent has sent none, or is on no node that the managers know.'),
          counts: z.nullable(counts),
        }),
      )
      .exactOptional()
      .describe('Of each node how old its part is; absent outside a Swarm.'),
  })
  .meta({
    id: 'Snapshot',
    description:
      'What agents tell about their engines, by the hub’s clock; `takenAt` is the newest. Every text in it is an engine’s: show it as text. `counts` of a Swarm are sums over its nodes: what several nodes know counts on each.',
  });
