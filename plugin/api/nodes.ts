import * as z from 'zod';
import { time, tunnelState } from './environment-view.js';

/** The agent of a node. */
export const nodeAgent = z
  .object({
    instanceId: z.string().describe('UUID of its data folder.'),
    version: z.string(),
    platform: z.string().describe('`linux/amd64` and the like.'),
    online: z.boolean().describe('Heard of within two check-in intervals and ten seconds.'),
    lastCheckInAt: time.nullable().describe('Null: not since the hub started.'),
    engine: z
      .enum(['up', 'down', 'unknown'])
      .describe('Whether its engine answered it at the last check-in.'),
    problem: z.string().nullable().describe('A code as in docs/errors.md: what hinders it.'),
    tunnel: tunnelState.describe("Of the node's own tunnel."),
    isLeader: z.boolean().describe("Holds the lease of the environment's tunnel now."),
  })
  .meta({ id: 'NodeAgent' });

/** One node of a Swarm. What only a manager knows is null where none has told of the node. */
export const nodeView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(['manager', 'worker']),
    availability: z.enum(['active', 'pause', 'drain']).nullable(),
    state: z
      .enum(['unknown', 'down', 'ready', 'disconnected'])
      .nullable()
      .describe('As the managers see the node; its agent may see more.'),
    isLeader: z.boolean().describe("Leads the Swarm's own managers."),
    reachability: z.enum(['unknown', 'unreachable', 'reachable']).nullable().describe('Of managers only.'),
    engineVersion: z.string().nullable(),
    cpus: z.number().nullable(),
    memoryBytes: z.number().nullable(),
    confirmed: z
      .boolean()
      .describe(
        'A trusted manager knows the node, and tells the above. Else it is what its agent says of itself.',
      ),
    agent: nodeAgent.nullable().describe('Null: none has enrolled on this node.'),
  })
  .meta({ id: 'Node' });

/** `GET /environments/:id/nodes`. */
export const nodeList = z
  .object({
    items: z
      .array(nodeView)
      .describe('By name, and those that managers know before the others. None: no Swarm.'),
  })
  .meta({ id: 'NodeList' });
