import type { Snapshot } from '../protocol/snapshot.js';

// Bodies of the admin REST API below `/edge/api`: types only, shared by routes and panel.
// Times are RFC 3339 in UTC; durations say their unit in their name.

/**
 * What is known of an environment now: `new` was never seen; `online` was heard of within two check-in intervals
 * and ten seconds; `degraded` is online, but its engine or its tunnel fails; `refused` has no valid agent online
 * while someone with the right key and a wrong identity tries.
 */
export type EnvironmentStatus = 'new' | 'online' | 'degraded' | 'offline' | 'refused';

export type TunnelState = 'idle' | 'required' | 'active';

/** RFC 9457; the body of every refusal, as `application/problem+json`. */
export interface Problem {
  /** `about:blank`. Absent below `/docker/`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable; each has its row in docs/errors.md. */
  readonly code: string;
  /** For people; may change. */
  readonly detail?: string;
  /** After so long a retry makes sense; the same as the header `Retry-After`. Absent: it does not, or at any time. */
  readonly retryAfterSeconds?: number;
  /** The same text once more, below `/docker/` only: Docker clients print it. */
  readonly message?: string;
}

/** Something an admin should look at. */
export interface EnvironmentProblem {
  /** Stable, as in docs/errors.md: `cleartext`, `duplicate`, `engine-unreachable`. */
  readonly code: string;
  /** For people; may change. */
  readonly detail: string;
  readonly at: string;
}

/** The last caller that had the right key, or a real credential, and was not let in all the same. */
export interface Refusal {
  /**
   * `edge-id-mismatch`, `duplicate`, `association-removed` or `agent-too-old` at an enrolment; `credential-replayed` or
   * `credential-foreign` at the tunnel.
   */
  readonly code: string;
  readonly at: string;
}

/** The agent that is online, else the one that enrolled last. */
export interface AgentView {
  readonly version: string;
  /** `linux/amd64` and the like. */
  readonly platform: string;
  /** UUID of its data folder; another one is another installation. */
  readonly instanceId: string;
}

/** The engine as the latest snapshot tells it. */
export type EngineView = NonNullable<Snapshot['engine']>;
/** Its Swarm, from the same snapshot; null outside of one. */
export type SwarmView = NonNullable<Snapshot['swarm']>;

/** What lists show of a snapshot. */
export interface SnapshotSummary {
  readonly takenAt: string;
  readonly counts: Snapshot['counts'];
}

/** `GET /environments/:id`, and each item of the list. */
export interface EnvironmentView {
  readonly id: number;
  readonly name: string;
  /** Null until the first agent with the right key brings one. */
  readonly edgeId: string | null;
  readonly tags: readonly string[];
  /** What its Edge key tells agents. */
  readonly url: string;
  readonly tunnelAddress: string;
  /** Null: the setting of the same name holds. */
  readonly checkInSeconds: number | null;
  readonly createdAt: string;
  readonly status: EnvironmentStatus;
  readonly tunnel: TunnelState;
  /** Null: not since the hub started. */
  readonly lastCheckInAt: string | null;
  readonly associatedAt: string | null;
  readonly agent: AgentView | null;
  readonly engine: EngineView | null;
  readonly swarm: SwarmView | null;
  readonly snapshot: SnapshotSummary | null;
  readonly problem: EnvironmentProblem | null;
  readonly lastRefusal: Refusal | null;
}

/** `POST /environments`. */
export interface CreateEnvironment {
  /** 1 to 100 characters, unique. */
  readonly name: string;
  /**
   * The plugin's base URL as the agent reaches it; without a path the mount is added. Default: the setting
   * `publicUrl`, else the plugin's option of that name, else the call's own address.
   */
  readonly url?: string;
  /** `host:port`. Default: the setting `tunnelAddress`, else the plugin's option, else the URL's host and the tunnel's port. */
  readonly tunnelAddress?: string;
  /** A UUID; null leaves it to the first agent. Default: a random one. */
  readonly edgeId?: string | null;
  /** Up to 32, of 1 to 64 characters each. Default: none. */
  readonly tags?: readonly string[];
  /** 1 to 86400. Default: the setting of the same name. */
  readonly checkInSeconds?: number;
}

/**
 * `PATCH /environments/:id`; what is absent stays. The addresses are part of issued Edge keys: `rotate-key` changes them.
 */
export interface ChangeEnvironment {
  readonly name?: string;
  readonly tags?: readonly string[];
  /** 1 to 86400; null: the setting of the same name holds. */
  readonly checkInSeconds?: number | null;
}

/** Ready to paste: how an agent is started with this key. */
export interface PrintedCommands {
  /** `docker run`, for one engine. */
  readonly standalone: string;
  /** `docker service create`, an agent on each node of a Swarm. */
  readonly swarm: string;
  /** The same as a file for `docker stack deploy`. */
  readonly stack: string;
  /** `podman run`, rootful. */
  readonly podman: string;
}

/** The one time an Edge key is shown: the hub keeps a hash. */
export interface IssuedKey {
  readonly edgeKey: string;
  readonly commands: PrintedCommands;
}

/** 201 of `POST /environments`. */
export interface EnvironmentCreated extends EnvironmentView, IssuedKey {}

/** `POST /environments/:id/rotate-key`. */
export interface RotateKey {
  /** How long the old key holds beside the new one, 0 to 2592000; 0 ends it, and its tunnel, at once. Default 86400. */
  readonly overlapSeconds?: number;
  /** New address of the hub, or of the tunnel, as the agent reaches it. Default: what the old key says. */
  readonly url?: string;
  readonly tunnelAddress?: string;
}

/** 200 of `POST /environments/:id/rotate-key`. */
export interface KeyRotated extends IssuedKey {
  /** Null: it ended at once. */
  readonly oldKeyEndsAt: string | null;
}

/** `GET /environments`: all, in order of their ids. */
export interface EnvironmentList {
  readonly items: readonly EnvironmentView[];
  /** Null: the list is whole. There are no pages yet. */
  readonly nextCursor: string | null;
}

/** The answer to `GET` and `POST /environments/:id/tunnel`, and to the keep-alive. */
export interface TunnelView {
  readonly state: TunnelState;
  /** How far a required tunnel is: nobody has fetched a credential yet, or the agent is about to dial. */
  readonly progress: 'waiting-for-agent' | 'credential-sent' | null;
  /** Calls under way or waiting. */
  readonly calls: number;
  /** When it opened; null while it is not active. */
  readonly openedAt: string | null;
  /** What hinders it, as the agent says. */
  readonly problem: EnvironmentProblem | null;
}

/** `POST /environments/:id/tunnel`. */
export interface RequireTunnel {
  /** Seconds to wait for it to become active, up to 60. Default 0: answer at once. */
  readonly wait?: number;
}

/** `GET /environments/:id/snapshot`: as the agent sent it. */
export type SnapshotView = Snapshot;

/** `GET /settings`. */
export interface SettingsView {
  /** The plugin's base URL as agents reach it; null: taken from each request. */
  readonly publicUrl: string | null;
  /** `host:port` agents are told; null: host of the URL and the tunnel's port. */
  readonly tunnelAddress: string | null;
  /** Between plain check-ins, 1 to 86400. Default 5. */
  readonly checkInSeconds: number;
  /** Whether check-ins may be held open until something changes. Default true. */
  readonly heldCheckIns: boolean;
  /** A tunnel nobody uses closes after this, 5 to 86400; an agent's own time goes before it. Default 300. */
  readonly inactivitySeconds: number;
  /** Between regular snapshots, 10 to 86400; 0: none. Default 300. */
  readonly snapshotSeconds: number;
}

/** `PATCH /settings`; what is absent stays. */
export type ChangeSettings = Partial<SettingsView>;
