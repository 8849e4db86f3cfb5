import * as z from 'zod';
import { environmentProblem, time, tunnelState } from './environment-view.js';

/** The answer to `GET` and `POST /environments/:id/tunnel`, and to keep-alives. */
export const tunnelView = z
  .object({
    state: tunnelState,
    progress: z
      .enum(['waiting-for-agent', 'credential-sent'])
      .nullable()
      .describe(
        'How far a required tunnel is: nobody has fetched a credential yet, or the agent is about to dial.',
      ),
    calls: z.int().nonnegative().describe('Calls under way or waiting.'),
    openedAt: time.nullable().describe('Null while it is not active.'),
    problem: environmentProblem.nullable().describe('What hinders it, as the agent says.'),
  })
  .meta({ id: 'Tunnel' });

/** `POST /environments/:id/tunnel`. */
export const requireTunnel = z
  .object({
    wait: z
      .number()
      .min(0)
      .max(60)
      .default(0)
      .describe('Seconds to wait for it to become active; 0 answers at once.'),
  })
  .meta({ id: 'RequireTunnel' });
