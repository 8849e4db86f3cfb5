import * as z from 'zod';
import { createEnvironment } from './environment-calls.js';

/** `POST /self-test`: what agents would be told. */
export const selfTest = createEnvironment
  .pick({ url: true, tunnelAddress: true })
  .meta({ id: 'SelfTest', description: 'Defaults are those of a new environment.' });

/** The hops of an agent's check-in, then those of its tunnel. */
export const selfTestHopName = z
  .enum(['api-name', 'api-port', 'api-certificate', 'api-answer', 'tunnel-name', 'tunnel-port', 'tunnel-key'])
  .describe(
    '`…-name`: it resolves. `…-port`: TCP connects. `api-certificate`: TLS, trusted as agents trust without `EDGE_CA_FILE`. `api-answer`: this hub answers agents there. `tunnel-key`: TLS with the key that Edge keys name.',
  );

/** One hop of a self-test. */
export const selfTestHop = z
  .object({
    hop: selfTestHopName,
    ok: z.boolean().nullable().describe('Null: not tried, as one before it failed.'),
    code: z.string().nullable().describe('Of what is wrong, as in docs/errors.md; null: nothing is.'),
    detail: z.string().describe('For people; may change.'),
    nextStep: z.string().nullable().describe('What to do about it, for people; may change.'),
  })
  .meta({ id: 'SelfTestHop' });

/** 200 of `POST /self-test`. */
export const selfTestResult = z
  .object({
    url: z.string().describe("The plugin's base URL that was tested."),
    tunnelAddress: z.string().describe('`host:port` that was tested.'),
    hops: z.array(selfTestHop).describe('All seven, in the order of their names above.'),
  })
  .meta({ id: 'SelfTestResult' });
