import * as z from 'zod';

/** `GET /fleet`. */
export const fleet = z
  .object({
    agents: z
      .int()
      .nonnegative()
      .describe('Agents that have enrolled, whether or not they are online; each node of a Swarm has one.'),
    ownInterval: z
      .object({
        agents: z.int().nonnegative(),
        checkInsPerSecond: z.number().nonnegative().describe('Of all of them together, when none is held.'),
      })
      .describe('Those of them whose environment has a `checkInSeconds` of its own.'),
    told: z
      .object({
        url: z.string().describe("The plugin's base URL."),
        tunnelAddress: z.string().describe('`host:port`.'),
      })
      .describe('What the Edge key of a new environment says, unless the call that makes it says otherwise.'),
  })
  .meta({ id: 'Fleet' });
