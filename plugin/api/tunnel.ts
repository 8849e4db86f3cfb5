import * as z from 'zod';
import { environmentProblem, time, tunnelPath, tunnelState } from './environments/view.js';

/** The answer to `GET` and `POST /environments/:id/tunnel`, and to keep-alives. */
export const tunnelView = z
  .object({
    state: tunnelState,
    path: tunnelPath,
    progress: z
      .enum(['waiting-for-agent', 'credential-sent'])
      .nullable()
      .describe(
        'Progress of a required tunnel: no agent has fetched a credential yet, or the agent is about to dial.',
      ),
    calls: z.int().nonnegative().describe('Active and waiting calls.'),
    openedAt: time.nullable().describe('Null while it is not active.'),
    problem: environmentProblem.nullable().describe('The problem that the agent reports.'),
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
      .describe('Seconds to wait until it is active; 0 answers immediately.'),
  })
  .meta({ id: 'RequireTunnel' });
