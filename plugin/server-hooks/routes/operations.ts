import type { Operation } from '../http/define-operation.js';
import { type OpenApiDeps, openApiOperation } from '../http/openapi/openapi-operation.js';
import { type DockerAccessDeps, dockerAccessOperations } from './docker-access/operations.js';
import { dockerOperations } from './docker-operations.js';
import { doctorOperations } from './doctor.js';
import { type EnvironmentDeps, environmentOperations } from './environments.js';
import { type EventDeps, eventOperations } from './events.js';
import { type FleetDeps, fleetOperations } from './fleet.js';
import { metricsOperations } from './metrics/operation.js';
import { nodeOperations } from './nodes.js';
import { type SettingsDeps, settingsOperations } from './settings.js';
import { type SnapshotDeps, snapshotOperations } from './snapshots.js';
import { type TicketDeps, ticketOperations } from './tickets.js';
import { type TunnelDeps, tunnelOperations } from './tunnel.js';
import { type WebhookDeps, webhookOperations } from './webhooks.js';

/** What their handlers need. */
export type OperationDeps = EnvironmentDeps &
  TunnelDeps &
  SnapshotDeps &
  TicketDeps &
  DockerAccessDeps &
  WebhookDeps &
  SettingsDeps &
  FleetDeps &
  EventDeps &
  OpenApiDeps;

/** All REST operations of the plugin, in the order of the OpenAPI document. Agents' calls are in `agent.ts`. */
export const OPERATIONS: readonly Operation<OperationDeps>[] = [
  ...environmentOperations,
  ...tunnelOperations,
  ...snapshotOperations,
  ...nodeOperations,
  ...doctorOperations,
  ...dockerOperations,
  ...dockerAccessOperations,
  ...ticketOperations,
  ...webhookOperations,
  ...settingsOperations,
  ...fleetOperations,
  ...eventOperations,
  ...metricsOperations,
  openApiOperation(() => OPERATIONS),
];
