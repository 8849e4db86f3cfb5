import type { Operation } from '../http/define-operation.js';
import { openApiCall } from '../http/openapi/openapi-call.js';
import { dockerCalls } from './docker-operations.js';
import { environmentCalls } from './environments.js';
import { eventCalls } from './events.js';
import { fleetCalls } from './fleet.js';
import { nodeCalls } from './nodes.js';
import { settingsCalls } from './settings.js';
import { snapshotCalls } from './snapshots.js';
import { ticketCalls } from './tickets.js';
import { tunnelCalls } from './tunnel.js';
import { webhookCalls } from './webhooks.js';

/** All REST operations of the plugin, in the order of the OpenAPI document. Agents' calls are in `agent.ts`. */
export const CALLS: readonly Operation[] = [
  ...environmentCalls,
  ...tunnelCalls,
  ...snapshotCalls,
  ...nodeCalls,
  ...dockerCalls,
  ...ticketCalls,
  ...webhookCalls,
  ...settingsCalls,
  ...fleetCalls,
  ...eventCalls,
  openApiCall(() => CALLS),
];
