import * as z from 'zod';
import { snapshotSchema } from '../../protocol/snapshot.js';

/** RFC 3339 in UTC. */
export const time = z.iso.datetime({ precision: 3 });

/** Whether an environment's agent checks in, and how well it does. */
export const environmentStatus = z
  .enum(['new', 'online', 'degraded', 'offline', 'refused'])
  .describe(
    '`new`: never seen. `online`: heard of within two check-in intervals and ten seconds. `degraded`: online, but its engine or its tunnel fails. `refused`: no valid agent is online, and one with the right key and a wrong identity tries.',
  );

/** How far an environment's tunnel is. */
export const tunnelState = z
  .enum(['idle', 'required', 'active'])
  .describe('`required`: somebody wants it, and the agent has not opened it yet.');

/** Something an admin should look at. */
export const environmentProblem = z
  .object({
    code: z
      .string()
      .describe('Stable, as in docs/errors.md: `cleartext`, `duplicate`, `engine-unreachable` and others.'),
    detail: z.string().describe('For people; may change.'),
    at: time,
  })
  .meta({ id: 'EnvironmentProblem' });

/** The last caller that had the right key, or a real credential, and was not let in all the same. */
export const refusal = z
  .object({
    code: z
      .string()
      .describe(
        '`edge-id-mismatch`, `duplicate`, `association-removed` or `agent-too-old` at an enrolment; `credential-replayed` or `credential-foreign` at the tunnel.',
      ),
    at: time,
  })
  .meta({ id: 'Refusal' });

/** See `agent` of an environment. */
export const agentView = z
  .object({
    version: z.string(),
    platform: z.string().describe('`linux/amd64` and the like.'),
    instanceId: z.string().describe('UUID of its data folder; another one is another installation.'),
  })
  .meta({ id: 'Agent' });

/** The Swarm an environment is. */
export const swarmView = z
  .object({
    id: z.string().describe('Empty where only workers are known: they do not know it.'),
    nodeId: z.string().describe('The node of `agent`.'),
    role: z.string().describe('Its role: `manager` or `worker`.'),
    managers: z.int().nonnegative(),
    nodes: z.int().nonnegative(),
    leaderNodeId: z
      .string()
      .nullable()
      .describe(
        "The node whose agent holds the lease of the environment's tunnel; null: nobody, as nobody needs it.",
      ),
    nodesOnline: z.int().nonnegative().describe('Nodes whose agent is online.'),
  })
  .meta({ id: 'Swarm' });

/** What lists show of a snapshot. */
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
    edgeId: z.string().nullable().describe('Null until the first agent with the right key brings one.'),
    tags: z.array(z.string()),
    url: z.string().describe("The plugin's base URL, as its Edge key tells agents."),
    tunnelAddress: z.string().describe('`host:port`, as its Edge key tells agents.'),
    checkInSeconds: z.int().nullable().describe('Null: the setting of the same name holds.'),
    createdAt: time,
    status: environmentStatus,
    tunnel: tunnelState,
    lastCheckInAt: time.nullable().describe('Null: not since the hub started.'),
    associatedAt: time.nullable(),
    agent: agentView
      .nullable()
      .describe(
        'In a Swarm the leader, else a manager that is online; else an agent that is, else the one that enrolled last.',
      ),
    engine: snapshotSchema.shape.engine,
    swarm: swarmView
      .nullable()
      .describe(
        'As its managers tell it now, else as its agents and the latest snapshot do; null outside a Swarm.',
      ),
    snapshot: snapshotSummary.nullable().describe('Null before the first.'),
    problem: environmentProblem.nullable().describe('What an admin should look at.'),
    lastRefusal: refusal
      .nullable()
      .describe('The last caller that had the right key and was not let in all the same.'),
  })
  .meta({ id: 'Environment' });
