import { createTicket, ticketView } from '../../api/tickets.js';
import type { Tickets } from '../docker/console/tickets.js';
import { requireEnvironment } from '../http/access.js';
import { defineOperation } from '../http/define-operation.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';
import { requireNode } from '../swarm/require-node.js';

export interface TicketDeps {
  readonly live: LiveEnvironments;
  readonly options: ResolvedOptions;
  readonly tickets: Tickets;
  readonly store: Store;
}

/** `/api/tickets`. */
export const ticketOperations = [
  defineOperation(
    {
      method: 'POST',
      path: '/api/tickets',
      id: 'createTicket',
      summary: 'Create a console ticket',
      description:
        'Create an exec instance with `Tty: true` through the Docker API, create a ticket, and open a WebSocket at its `url` within 30 s. Binary frames are the terminal’s bytes, both ways. Text frames are JSON: send `{type: "resize", columns, rows}`; `{type: "open"}`, `{type: "exit", code}` and `{type: "error", code, detail}` come.',
      access: 'docker',
      showsOwn: true,
      body: createTicket,
      answers: { 201: { description: 'Valid once, for 30 s', body: ticketView } },
      problems: ['environment-not-found', 'node-ambiguous', 'node-not-found', 'node-without-agent'],
    },
    ({ access, body: { environmentId, execId, node, marker } }, deps: TicketDeps) => {
      const { live, options, store, tickets } = deps;
      access.require('docker', environmentId);
      const environment = requireEnvironment(store, environmentId);
      const at = node === undefined ? '' : `/nodes/${encodeURIComponent(node)}`;
      const route =
        node === undefined
          ? { environmentId }
          : requireNode(environment, encodeURIComponent(node), live.of(environmentId).members);
      const path = `/api/environments/${environmentId}${at}/exec/${execId}/ws`;
      const { ticket, expiresAtMs } = tickets.issue(path, {
        ...route,
        execId,
        principalId: access.principal.id,
        ended: access.principal.ended,
        ...(marker !== undefined && { marker }),
      });
      const url = `${options.mount}${path}?ticket=${ticket}`;
      return { status: 201, body: { ticket, url, expiresAt: new Date(expiresAtMs).toISOString() } };
    },
  ),
];
