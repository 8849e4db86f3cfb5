import * as z from 'zod';

/** `GET /fleet`. */
export const fleet = z
  .object({
    agents: z.int().nonnegative().describe('Enrolled agents, online or not; each node of a Swarm has one.'),
    ownInterval: z
      .object({
        agents: z.int().nonnegative(),
        checkInsPerSecond: z.number().nonnegative().describe('Total rate without held check-ins.'),
      })
      .describe('Agents whose environment sets its own `checkInSeconds`.'),
    agentDefaults: z
      .object({
        url: z.string().describe("The plugin's base URL."),
        tunnelAddress: z.string().nullable().describe('`host:port`; null: the hub has no tunnel port.'),
      })
      .describe('The default addresses in the Edge key of a new environment.'),
  })
  .meta({ id: 'Fleet' });
