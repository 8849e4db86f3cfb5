import * as z from 'zod';
import type { Visibility } from '../events/event-stream.js';
import type { EventStreams } from '../events/event-streams.js';
import type { Access } from '../http/access.js';
import { defineOperation } from '../http/define-operation.js';

const WATCHED = /^[1-9]\d{0,14}(,[1-9]\d{0,14}){0,99}$/;

export interface EventDeps {
  readonly eventStreams: EventStreams;
}

/** `/api/events`. */
export const eventOperations = [
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
    ({ access, readmit, query, headers }, { eventStreams }: EventDeps) => {
      const lastEventId = headers['last-event-id'] ?? query.lastEventId;
      const stream = eventStreams.open({
        principalId: access.principal.id,
        visibility: visibilityOf(access),
        ended: access.principal.ended,
        lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null,
        watch: [...new Set(query.watch?.split(',').map(Number))],
        renew: async () => visibilityOf(await readmit()),
      });
      const unbuffered = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };
      return { status: 200, headers: unbuffered, body: stream };
    },
  ),
];

/** Events about environments need `read`, events about settings need `settings`. */
function visibilityOf(access: Access): Visibility {
  const isReadable = access.filter();
  return (subject) => (subject === 'settings' ? access.can('settings', null) : isReadable(subject));
}
