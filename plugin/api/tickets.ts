import * as z from 'zod';
import { time } from './environment-view.js';

/** `POST /tickets`. */
export const createTicket = z
  .object({
    environmentId: z.int().positive(),
    execId: z
      .string()
      .regex(/^[a-f0-9]{64}$/)
      .describe('From `POST …/docker/containers/:id/exec`, made with `Tty: true`.'),
    node: z
      .string()
      .min(1)
      .max(255)
      .exactOptional()
      .describe('Id or name of the Swarm node that the container is on. Default: the leader’s.'),
    marker: z
      .string()
      .regex(/^[A-Za-z0-9_-]{16,64}$/)
      .exactOptional()
      .describe(
        'The value of `FAIRLEAD_CONSOLE` in the environment (`Env`) that the exec instance was made with, random. When the console ends and its process does not, that gets SIGHUP, and SIGKILL 4 s later; this needs `sh` in the container. Default: the process goes on.',
      ),
  })
  .meta({ id: 'CreateTicket' });

/** Its answer. */
export const ticketView = z
  .object({
    ticket: z.string().describe('Good once, for this console.'),
    url: z.string().describe('Where to open the WebSocket: path and query, ticket included.'),
    expiresAt: time,
  })
  .meta({ id: 'Ticket' });
