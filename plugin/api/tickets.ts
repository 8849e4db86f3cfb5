import * as z from 'zod';
import { time } from './environments/view.js';

/** `POST /tickets`. */
export const createTicket = z
  .object({
    environmentId: z.int().positive(),
    execId: z
      .string()
      .regex(/^[a-f0-9]{64}$/)
      .describe('From `POST …/docker/containers/:id/exec`, created with `Tty: true`.'),
    node: z
      .string()
      .min(1)
      .max(255)
      .exactOptional()
      .describe('Id or name of the container’s Swarm node. Default: the leader’s.'),
    marker: z
      .string()
      .regex(/^[A-Za-z0-9_-]{16,64}$/)
      .exactOptional()
      .describe(
        'A random value, passed as `FAIRLEAD_CONSOLE` in the environment (`Env`) of the exec instance. If the process outlives the console, it gets SIGHUP, and SIGKILL 4 s later; this needs `sh` in the container. Default: the process keeps running.',
      ),
  })
  .meta({ id: 'CreateTicket' });

/** 201 of `POST /tickets`. */
export const ticketView = z
  .object({
    ticket: z.string().describe('Valid once, for this console.'),
    url: z.string().describe('The WebSocket’s path and query, including the ticket.'),
    expiresAt: time,
  })
  .meta({ id: 'Ticket' });
