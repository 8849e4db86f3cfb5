import * as z from 'zod';

/** One node of the answer to a list of all nodes. */
const nodeState = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['ok', 'failed']).describe('`failed`: nothing of this node is in `items`.'),
    code: z
      .string()
      .nullable()
      .describe('Why it failed, as in docs/errors.md: `node-offline`, `node-timeout` and others.'),
    detail: z.string().nullable().describe('For people; may change.'),
    warnings: z.array(z.string()).describe('What its engine warns of in a list of volumes.'),
  })
  .meta({ id: 'NodeState' });

/** The answer to a list call with `nodes=all`. */
export const allNodeList = z
  .object({
    items: z
      .array(
        z.looseObject({
          Node: z
            .object({ ID: z.string(), Name: z.string() })
            .describe('Whose engine told it; the only member that is not Docker’s own.'),
        }),
      )
      .describe('As Docker lists them, of all nodes that answered.'),
    nodes: z
      .array(nodeState)
      .describe('Each node, those that failed included. Managers first, then by name.'),
  })
  .meta({ id: 'AllNodeList' });
