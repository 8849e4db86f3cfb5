import { problem } from '../../../protocol/problems.js';
import { createTicket, ticketView } from '../../api/tickets.js';
import { defineOperation } from '../http/define-operation.js';
import { requireEnvironment } from '../http/guards/require-environment.js';
import { requireNode } from '../swarm/require-node.js';

/** `/api/tickets`. */
export const ticketCalls = [
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
    ({ services, principal, body: { environmentId, execId, node, marker } }) => {
      const { host, live, options, tickets } = services;
      const isOwn = principal.environmentId === undefined || principal.environmentId === environmentId;
      if (!isOwn || host.authorize?.(principal, 'docker', environmentId) === false) {
        throw problem('forbidden');
      }
      const environment = requireEnvironment(services, environmentId);
      const at = node === undefined ? '' : `/nodes/${encodeURIComponent(node)}`;
      const route =
        node === undefined
          ? { environmentId }
          : requireNode(environment, encodeURIComponent(node), live.of(environmentId).members);
      const path = `/api/environments/${environmentId}${at}/exec/${execId}/ws`;
      const { ticket, expiresAtMs } = tickets.issue(path, {
        ...route,
        execId,
        ended: principal.ended,
        ...(marker !== undefined && { marker }),
      });
      const url = `${options.mount}${path}?ticket=${ticket}`;
      return { status: 201, body: { ticket, url, expiresAt: new Date(expiresAtMs).toISOString() } };
    },
  ),
];
