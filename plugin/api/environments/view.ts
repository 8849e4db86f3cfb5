import * as z from 'zod';
import { snapshotSchema } from '../../../protocol/messages/snapshot.js';

/** RFC 3339 in UTC. */
export const time = z.iso.datetime({ precision: 3 });

/** Whether an environment's agent checks in, and its health. */
export const environmentStatus = z
  .enum(['new', 'online', 'degraded', 'offline', 'refused'])
  .describe(
    '`new`: never seen. `online`: seen within two check-in intervals and ten seconds. `degraded`: online, but its engine or its tunnel fails. `refused`: no valid agent is online, and one with a valid key but a wrong identity tried to enrol.',
  );

/** The state of an environment's tunnel. */
export const tunnelState = z
  .enum(['idle', 'required', 'active'])
  .describe('`required`: it was requested, and the agent has not opened it yet.');

/** The path of an open tunnel. */
export const tunnelPath = z
  .enum(['tunnel-port', 'api'])
  .nullable()
  .describe('`api`: inside a WebSocket by the API’s own address. Null while no tunnel is open.');

/** A problem for the admin to check. */
export const environmentProblem = z
  .object({
    code: z
      .string()
      .describe('Stable, as in docs/errors.md: `cleartext`, `duplicate`, `engine-unreachable` and others.'),
    detail: z.string().describe('Human-readable; may change.'),
    at: time,
  })
  .meta({ id: 'EnvironmentProblem' });

/** The last rejected caller that had a valid key or a real credential. */
export const refusal = z
  .object({
    code: z
      .string()
      .describe(
        '`edge-id-mismatch`, `duplicate`, `association-removed` or `agent-too-old` at enrolment; `credential-replayed` or `credential-foreign` at the tunnel.',
      ),
    at: time,
  })
  .meta({ id: 'Refusal' });

/** See `agent` of an environment. */
export const agentView = z
  .object({
    version: z.string(),
    platform: z.string().describe('`linux/amd64` and the like.'),
    instanceId: z.string().describe('UUID of its data folder; a different UUID is a different installation.'),
  })
  .meta({ id: 'Agent' });

/** The environment's Swarm. */
export const swarmView = z
  .object({
    id: z.string().describe('Empty if only workers are known: they do not know it.'),
    nodeId: z.string().describe('The node of `agent`.'),
    role: z.string().describe('Its role: `manager` or `worker`.'),
    managers: z.int().nonnegative(),
    nodes: z.int().nonnegative(),
    leaderNodeId: z
      .string()
      .nullable()
      .describe("The node whose agent holds the lease of the environment's tunnel; null if none is needed."),
    nodesOnline: z.int().nonnegative().describe('Nodes whose agent is online.'),
  })
  .meta({ id: 'Swarm' });

/** The summary of a snapshot. */
export const snapshotSummary = z
  .object({
    takenAt: snapshotSchema.shape.takenAt,
    counts: snapshotSchema.shape.counts,
  })
  .meta({ id: 'SnapshotSummary' });

/** `GET /environments/:id`, and each item of the list. */
export const environmentView = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    edgeId: z.string().nullable().describe('Null until the first agent with a valid key sets it.'),
    tags: z.array(z.string()),
    url: z.string().describe("The plugin's base URL, as in its Edge key."),
    tunnelAddress: z
      .string()
      .nullable()
      .describe('`host:port`, as in its Edge key; null: tunnels go by the URL only.'),
    checkInSeconds: z.int().nullable().describe('Null: the setting of the same name applies.'),
    createdAt: time,
    status: environmentStatus,
    tunnel: tunnelState,
    tunnelPath,
    lastCheckInAt: time.nullable().describe('Null: none since the hub started.'),
    associatedAt: time.nullable(),
    agent: agentView
      .nullable()
      .describe(
        'In a Swarm the leader, else an online manager, else an online agent, else the one that enrolled last.',
      ),
    engine: snapshotSchema.shape.engine,
    swarm: swarmView
      .nullable()
      .describe(
        'As its managers report it, else from its agents and the latest snapshot; null outside a Swarm.',
      ),
    snapshot: snapshotSummary.nullable().describe('Null before the first.'),
    problem: environmentProblem.nullable().describe('A problem for the admin to check.'),
    lastRefusal: refusal.nullable().describe('The last rejected caller that had a valid key.'),
  })
  .meta({ id: 'Environment' });
