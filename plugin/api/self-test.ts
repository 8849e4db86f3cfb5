import * as z from 'zod';
import { createEnvironment } from './environments/calls.js';

/** `POST /self-test`: the addresses to test. */
export const selfTest = createEnvironment
  .pick({ url: true, tunnelAddress: true })
  .meta({ id: 'SelfTest', description: 'The defaults are those of a new environment.' });

/** The checks of an agent's check-in path, then those of its tunnel path. */
export const selfTestCheckName = z
  .enum(['api-name', 'api-port', 'api-certificate', 'api-answer', 'tunnel-name', 'tunnel-port', 'tunnel-key'])
  .describe(
    '`…-name`: it resolves. `…-port`: TCP connects. `api-certificate`: TLS, trusted by agents without `EDGE_CA_FILE`. `api-answer`: this hub answers agents there. `tunnel-key`: TLS with the key in the Edge keys.',
  );

/** One check of a self-test. */
export const selfTestCheck = z
  .object({
    check: selfTestCheckName,
    ok: z.boolean().nullable().describe('Null: not checked, because an earlier check failed.'),
    code: z.string().nullable().describe('The problem, as in docs/errors.md; null if there is none.'),
    detail: z.string().describe('Human-readable; may change.'),
    nextStep: z.string().nullable().describe('What to do about it; human-readable, may change.'),
  })
  .meta({ id: 'SelfTestCheck' });

/** 200 of `POST /self-test`. */
export const selfTestResult = z
  .object({
    url: z.string().describe('The tested base URL of the plugin.'),
    tunnelAddress: z.string().nullable().describe('The tested `host:port`; null: none.'),
    checks: z
      .array(selfTestCheck)
      .describe('All seven, in the order of their names above; without a tunnel address the first four.'),
  })
  .meta({ id: 'SelfTestResult' });
