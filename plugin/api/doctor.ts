import * as z from 'zod';
import { HOP_RESULTS, HOPS } from '../../protocol/hops.js';
import { time } from './environments/view.js';

/** One step of an agent's doctor. */
export const doctorHop = z
  .object({
    hop: z.enum(HOPS),
    result: z.enum(HOP_RESULTS).describe('`skip`: not checked, or nothing to check.'),
    ms: z.int().nonnegative(),
    text: z.string().describe("The agent's own words: human-readable, may change."),
    code: z.string().optional().describe('As in docs/errors.md.'),
    nextStep: z.string().optional().describe("The hub's, for a code that it knows."),
  })
  .meta({ id: 'DoctorHop' });

/** `GET /environments/:id/doctor`. */
export const doctorReport = z
  .object({
    run: z
      .object({
        at: time,
        instanceId: z.string().describe('The agent that ran it.'),
        hops: z.array(doctorHop).describe('In the order in which they were checked.'),
      })
      .nullable()
      .describe('Null: no agent has reported one since the hub started.'),
  })
  .meta({ id: 'DoctorReport' });
