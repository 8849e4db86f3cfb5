import * as z from 'zod';

/** One node in the answer of a list of all nodes. */
const nodeState = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['ok', 'failed']).describe('`failed`: `items` has no entries of this node.'),
    code: z
      .string()
      .nullable()
      .describe('The reason, as in docs/errors.md: `node-offline`, `node-timeout` and others.'),
    detail: z.string().nullable().describe('Human-readable; may change.'),
    warnings: z.array(z.string()).describe('Its engine’s warnings in a list of volumes.'),
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
            .describe('The node of the engine that reported it; the only member that is not Docker’s own.'),
        }),
      )
      .describe('As Docker lists them, of all nodes that answered.'),
    nodes: z.array(nodeState).describe('Each node, including failed ones. Managers first, then by name.'),
  })
  .meta({ id: 'AllNodeList' });
