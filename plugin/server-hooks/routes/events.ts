import * as z from 'zod';
import type { Visibility } from '../events/event-stream.js';
import type { Host, Principal } from '../host.js';
import { defineOperation } from '../http/define-operation.js';
import { visibleTo } from '../http/guards/visible-to.js';

const WATCHED = /^[1-9]\d{0,14}(,[1-9]\d{0,14}){0,99}$/;

/** `/api/events`. */
export const eventCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/events',
      id: 'streamEvents',
      summary: 'Stream changes',
      description:
        'Server-sent events (WHATWG HTML, section 9.2). On `reset`, fetch the list again; every other event updates it. A client that reconnects with `Last-Event-ID` gets the events it missed, or a `reset`. The stream ends immediately when its caller signs out or the token is revoked, and within 5 s when its caller loses access for another reason.',
      access: 'read',
      showsOwn: true,
      query: z.object({
        lastEventId: z
          .string()
          .max(100)
          .exactOptional()
          .describe('For clients that cannot send the header `Last-Event-ID`; the header has priority.'),
        watch: z
          .string()
          .regex(WATCHED)
          .exactOptional()
          .describe(
            'Ids of at most 100 environments, separated by commas: their check-ins are reported as well, each at most every 5 s. Ids that do not exist or that the caller may not read are ignored.',
          ),
      }),
      answers: { 200: { description: 'Events, until the caller disconnects', type: 'text/event-stream' } },
      problems: ['too-many-event-streams'],
    },
    ({ services: { host, eventStreams }, principal, readmit, query, headers }) => {
      const lastEventId = headers['last-event-id'] ?? query.lastEventId;
      const stream = eventStreams.open({
        principalId: principal.id,
        visibility: visibilityOf(host, principal),
        ended: principal.ended,
        lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null,
        watch: [...new Set(query.watch?.split(',').map(Number))],
        renew: async () => visibilityOf(host, await readmit()),
      });
      const unbuffered = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };
      return { status: 200, headers: unbuffered, body: stream };
    },
  ),
];

/** Events about environments need `read`, events about settings need `settings`. */
function visibilityOf(host: Host, principal: Principal): Visibility {
  const sees = visibleTo(host, principal);
  return (subject) => {
    if (subject !== 'settings') return sees(subject);
    return principal.environmentId === undefined && host.authorize?.(principal, 'settings', null) !== false;
  };
}
