import * as z from 'zod/mini';
import { snapshotSchema } from './snapshot.js';

/** Paths of the calls an agent makes, below the plugin's base URL. */
export const AGENT_PATHS = Object.freeze({
  enrol: '/agent/enrol',
  checkIn: '/agent/check-in',
  snapshot: '/agent/snapshot',
  idle: '/agent/idle',
  swarm: '/agent/swarm',
  doctor: '/agent/doctor',
  doctorReport: '/agent/doctor-report',
});
/** Path of the tunnel inside a WebSocket, below the plugin's base URL. It is not signed: the tunnel authenticates both sides. */
export const TUNNEL_PATH = '/agent/tunnel';
/** See {@link AGENT_PATHS}. */
export type AgentPath = (typeof AGENT_PATHS)[keyof typeof AGENT_PATHS];

const text = (max: number) => z.string().check(z.maxLength(max));
/** Longest pause either side can ask for: a day. Timers past 2^31 ms would fire immediately. */
const MAX_SECONDS = 86_400;
/** A day in the year 5138: later timestamps still have at most the 15 digits that hubs parse. */
const MAX_TIME_MS = 100_000_000_000_000;
const mark = z.string().check(z.regex(/^[A-Za-z0-9_-]{22}$/));
const uuid = z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/));

/** The Swarm node an agent runs on; null outside a Swarm. A claim until a trusted manager confirms it. */
export const swarmNodeSchema = z.object({
  /** '' on workers, which do not know it. */
  swarmId: text(64),
  nodeId: text(64),
  name: text(255),
  role: z.enum(['manager', 'worker']),
});

/** An agent's first call after each start. */
export const enrolRequestSchema = z.object({
  protocol: z.int(),
  instanceId: uuid,
  edgeId: uuid,
  /** X25519 public key of the instance, JWK `x`, base64url. */
  publicKey: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
  /** The engine's own id (`docker info` → ID); null while it does not answer. */
  engineId: z.nullable(text(128)),
  node: z.nullable(swarmNodeSchema),
  /** False while the engine's place is in transition (`pending`, `locked`, `error`): the last one holds. Absent: true. */
  isPlaceKnown: z.optional(z.boolean()),
  /** Identifies one boot of the machine's kernel, distinct from its other boots and from clones; absent: unknown. */
  boot: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{16}$/))),
  /** The last mark the hub gave this agent; absent: none. */
  mark: z.optional(mark),
  agentVersion: text(64),
  /** `linux/amd64` and the like. */
  platform: text(64),
});
/** See {@link enrolRequestSchema}. */
export type EnrolRequest = z.infer<typeof enrolRequestSchema>;

/** 200 of an enrolment. */
export const enrolReplySchema = z.object({
  protocol: z.int(),
  /** The instance secret, sealed for the instance's key; see `instance-secret.ts`. */
  secret: text(4096),
  /** Which of the environment's keys was proven. */
  keyGeneration: z.int(),
  /** The agent stores it and reports it at later enrolments; absent: none. */
  mark: z.optional(mark),
  /** Milliseconds since the epoch by the hub's clock. */
  timeMs: z.int(),
});
/** See {@link enrolReplySchema}. */
export type EnrolReply = z.infer<typeof enrolReplySchema>;

/** Query of a check-in; the request's MAC covers all of it. Agents leave out what is absent by default. */
export const checkInQuerySchema = z.object({
  /** Whether the engine answered its last ping; absent: `up`. */
  engine: z._default(z.enum(['up', 'down', 'unknown']), 'up'),
  /** Id of the agent's open tunnel, `opening`, or `none`: lets the hub detect a tunnel it wrongly considers alive. Absent: `none`. */
  tunnel: z._default(text(64), 'none'),
  /** The same for the tunnel to this node alone; absent: `none`. */
  nodeTunnel: z.optional(text(64)),
  /** Stable code of the agent's current problem, such as `engine-unreachable`. */
  problem: z.optional(text(64)),
});
/** See {@link checkInQuerySchema}. */
export type CheckInQuery = z.infer<typeof checkInQuerySchema>;

/**
 * Answer to a check-in whose ETag differs from the current state's: that state. Whole seconds, so that no hub can
 * make an agent spin.
 */
export const checkInReplySchema = z.object({
  /** `standby`: another agent is, or would be, the leader. */
  tunnel: z.enum(['idle', 'required', 'active', 'standby']),
  /** The same for the tunnel to this agent's node alone; absent: `idle`. */
  nodeTunnel: z.optional(z.enum(['idle', 'required', 'active'])),
  /** Seconds between plain check-ins; also the pause after a failure, before backoff. */
  checkInSeconds: z.int().check(z.positive(), z.maximum(MAX_SECONDS)),
  /** Longest hold the hub grants, seconds; 0: no held check-ins. */
  holdSeconds: z.int().check(z.nonnegative(), z.maximum(MAX_SECONDS)),
  /** The hub's inactivity time, seconds; the agent's own setting takes precedence. */
  inactivitySeconds: z.int().check(z.positive(), z.maximum(MAX_SECONDS)),
  /** Seconds between regular snapshots; 0: none. */
  snapshotSeconds: z.int().check(z.nonnegative(), z.maximum(MAX_SECONDS)),
  /** Counts snapshot requests; the agent sends a snapshot when it is higher than the last one served. */
  snapshotRequest: z.int(),
  /** Sealed credential (compact JWE) when the hub requires a tunnel from this agent. */
  credential: z.optional(text(4096)),
  /** The same for the tunnel to this node alone. */
  nodeCredential: z.optional(text(4096)),
  /** Changes with each start of the hub. */
  hub: text(64),
});
/** See {@link checkInReplySchema}. */
export type CheckInReply = z.infer<typeof checkInReplySchema>;

/** An agent's offer to close its idle tunnel; `tunnelId` is the one from the hub's `accepted` request. */
export const idleRequestSchema = z.object({
  tunnelId: text(64),
  snapshot: z.nullable(snapshotSchema),
});

/** Most nodes in one Swarm report. */
export const MAX_SWARM_NODES = 2_000;

/** A node as a manager's `GET /nodes` lists it. */
export const swarmMemberSchema = z.object({
  id: text(64),
  name: text(255),
  role: z.enum(['manager', 'worker']),
  availability: z.enum(['active', 'pause', 'drain']),
  state: z.enum(['unknown', 'down', 'ready', 'disconnected']),
  /** The leader of the Swarm's own managers (Raft). */
  isLeader: z.boolean(),
  /** Managers only. */
  reachability: z.nullable(z.enum(['unknown', 'unreachable', 'reachable'])),
  engineVersion: text(64),
  cpus: z.number().check(z.nonnegative()),
  memoryBytes: z.number().check(z.nonnegative()),
});
/** See {@link swarmMemberSchema}. */
export type SwarmMember = z.infer<typeof swarmMemberSchema>;

/** A manager's report of its Swarm, sent whenever it changes. */
export const swarmReportSchema = z.object({
  swarmId: text(64).check(z.minLength(1)),
  nodes: z.array(swarmMemberSchema).check(z.maxLength(MAX_SWARM_NODES)),
});
/** See {@link swarmReportSchema}. */
export type SwarmReport = z.infer<typeof swarmReportSchema>;

/** Problem document (RFC 9457) as agents read it. */
export const problemSchema = z.object({
  code: text(64),
  detail: z.optional(text(1024)),
  /** The hub's clock, in each refusal, so that an agent can correct its timestamps. */
  timeMs: z.optional(z.int().check(z.positive(), z.maximum(MAX_TIME_MS))),
  retryAfterSeconds: z.optional(z.number().check(z.nonnegative(), z.maximum(MAX_SECONDS))),
});
