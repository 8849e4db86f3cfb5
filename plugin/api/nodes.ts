import * as z from 'zod';
import { time, tunnelState } from './environments/view.js';

/** The agent of a node. */
export const nodeAgent = z
  .object({
    instanceId: z.string().describe('UUID of its data folder.'),
    version: z.string(),
    platform: z.string().describe('`linux/amd64` and the like.'),
    online: z.boolean().describe('Seen within two check-in intervals and ten seconds.'),
    lastCheckInAt: time.nullable().describe('Null: none since the hub started.'),
    engine: z.enum(['up', 'down', 'unknown']).describe('Whether its engine answered at the last check-in.'),
    problem: z.string().nullable().describe('The current problem, a code from docs/errors.md.'),
    tunnel: tunnelState.describe("Of the node's own tunnel."),
    isLeader: z.boolean().describe("Holds the lease of the environment's tunnel."),
  })
  .meta({ id: 'NodeAgent' });

/** One node of a Swarm. Members that only managers know are null if none has reported the node. */
export const nodeView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(['manager', 'worker']),
    availability: z.enum(['active', 'pause', 'drain']).nullable(),
    state: z
      .enum(['unknown', 'down', 'ready', 'disconnected'])
      .nullable()
      .describe('As the managers report it.'),
    isLeader: z.boolean().describe("Leads the Swarm's own managers."),
    reachability: z.enum(['unknown', 'unreachable', 'reachable']).nullable().describe('Managers only.'),
    engineVersion: z.string().nullable(),
    cpus: z.number().nullable(),
    memoryBytes: z.number().nullable(),
    confirmed: z
      .boolean()
      .describe('A trusted manager reports the node and the values above. Else only its own agent does.'),
    agent: nodeAgent.nullable().describe('Null: no agent has enrolled on this node.'),
  })
  .meta({ id: 'Node' });

/** `GET /environments/:id/nodes`. */
export const nodeList = z
  .object({
    items: z.array(nodeView).describe('Sorted by name, confirmed nodes first. Empty outside a Swarm.'),
  })
  .meta({ id: 'NodeList' });
