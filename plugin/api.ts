import type * as z from 'zod';
import type { allNodeList } from './api/all-node-list.js';
import type * as doctor from './api/doctor.js';
import type * as calls from './api/environments/calls.js';
import type * as dockerAccess from './api/environments/docker-access.js';
import type * as list from './api/environments/list.js';
import type * as view from './api/environments/view.js';
import type { eventBodies } from './api/events.js';
import type { fleet } from './api/fleet.js';
import type * as nodes from './api/nodes.js';
import type { problem } from './api/problem.js';
import type * as selfTests from './api/self-test.js';
import type * as settings from './api/settings.js';
import type { snapshotView } from './api/snapshot.js';
import type * as tickets from './api/tickets.js';
import type * as tunnel from './api/tunnel.js';
import type * as webhooks from './api/webhooks.js';

/** A read-only body: bodies are not modified after parsing or before sending. */
export type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

// Bodies of the admin REST API below `/edge/api`, as types: those of answers as they are sent, those of calls as they
// are accepted. The schemas in `api/` are their only source, and that of the OpenAPI document.
// Times are RFC 3339 in UTC; durations say their unit in their name.

type Sent<S extends z.core.$ZodType> = Immutable<z.output<S>>;
type Accepted<S extends z.core.$ZodType> = Immutable<z.input<S>>;

export type ProblemDocument = Sent<typeof problem>;

export type EnvironmentStatus = Sent<typeof view.environmentStatus>;
export type TunnelState = Sent<typeof view.tunnelState>;
export type EnvironmentProblem = Sent<typeof view.environmentProblem>;
export type Refusal = Sent<typeof view.refusal>;
export type AgentView = Sent<typeof view.agentView>;
export type EnvironmentView = Sent<typeof view.environmentView>;
export type SnapshotSummary = Sent<typeof view.snapshotSummary>;
/** The engine as in the latest snapshot. */
export type EngineView = NonNullable<EnvironmentView['engine']>;
/** The Swarm it is, or one node of it; null outside of one. */
export type SwarmView = NonNullable<EnvironmentView['swarm']>;

export type DoctorReport = Sent<typeof doctor.doctorReport>;
export type NodeView = Sent<typeof nodes.nodeView>;
export type NodeList = Sent<typeof nodes.nodeList>;

export type CreateEnvironment = Accepted<typeof calls.createEnvironment>;
export type ChangeEnvironment = Accepted<typeof calls.changeEnvironment>;
export type PrintedCommands = Sent<typeof calls.printedCommands>;
export type IssuedKey = Sent<typeof calls.issuedKey>;
export type EnvironmentCreated = Sent<typeof calls.environmentCreated>;
export type RotateKey = Accepted<typeof calls.rotateKey>;
export type KeyRotated = Sent<typeof calls.keyRotated>;
export type EnvironmentListQuery = Sent<typeof list.environmentListQuery>;
export type EnvironmentList = Sent<typeof list.environmentList>;

export type TunnelView = Sent<typeof tunnel.tunnelView>;
export type RequireTunnel = Accepted<typeof tunnel.requireTunnel>;
export type SnapshotView = Sent<typeof snapshotView>;

/** A list of Docker's of all nodes: `…/docker/containers/json?nodes=all`. */
export type AllNodeList = Sent<typeof allNodeList>;
export type CreateDockerAccess = Accepted<typeof dockerAccess.createDockerAccess>;
export type DockerAccessView = Sent<typeof dockerAccess.dockerAccessView>;
export type DockerAccessList = Sent<typeof dockerAccess.dockerAccessList>;
export type DockerAccessDetail = Sent<typeof dockerAccess.dockerAccessDetail>;
export type DockerAccessCreated = Sent<typeof dockerAccess.dockerAccessCreated>;
export type CreateTicket = Accepted<typeof tickets.createTicket>;
export type Ticket = Sent<typeof tickets.ticketView>;

export type SettingsView = Sent<typeof settings.settings>;
export type ChangeSettings = Accepted<typeof settings.changeSettings>;

export type Fleet = Sent<typeof fleet>;
export type SelfTest = Accepted<typeof selfTests.selfTest>;
export type SelfTestCheck = Sent<typeof selfTests.selfTestCheck>;
export type SelfTestResult = Sent<typeof selfTests.selfTestResult>;

/** An event of `GET /events`: its name, and its `data`. */
export type HubEvent = {
  [Type in keyof typeof eventBodies]: {
    readonly type: Type;
    readonly data: Sent<(typeof eventBodies)[Type]>;
  };
}[keyof typeof eventBodies];

export type WebhookView = Sent<typeof webhooks.webhookView>;
export type WebhookList = Sent<typeof webhooks.webhookList>;
export type CreateWebhook = Accepted<typeof webhooks.createWebhook>;
export type WebhookCreated = Sent<typeof webhooks.webhookCreated>;
export type RotateSecret = Accepted<typeof webhooks.rotateSecret>;
export type SecretRotated = Sent<typeof webhooks.secretRotated>;
export type WebhookMessage = Accepted<typeof webhooks.webhookMessage>;
export type WebhookAnswer = Sent<typeof webhooks.webhookAnswer>;
