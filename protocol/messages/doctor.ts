import * as z from 'zod/mini';
import { HOP_RESULTS, HOPS } from '../hops.js';

/** Most characters of padding in a call of `agent doctor` and in its answer: several packets. */
export const MAX_PAD = 8_192;

const code = z.string().check(z.regex(/^[a-z][a-z-]{0,63}$/));
const pad = z.string().check(z.maxLength(MAX_PAD), z.regex(/^[A-Za-z0-9_-]*$/));

/** A call of `agent doctor`, signed with a key derived from the Edge key. It changes nothing. */
export const doctorRequestSchema = z.object({
  /** Ignored; makes the request large. */
  pad,
  /** Characters of padding in the answer. */
  answerPad: z.int().check(z.nonnegative(), z.maximum(MAX_PAD)),
});
/** See {@link doctorRequestSchema}. */
export type DoctorRequest = z.infer<typeof doctorRequestSchema>;

/** 200 of that call. */
export const doctorReplySchema = z.object({
  /** Milliseconds since the epoch by the hub's clock. */
  timeMs: z.int(),
  /** The code with which an enrolment with this Edge ID would be refused; null: none is known. */
  refusal: z.nullable(code),
  pad,
});
/** See {@link doctorReplySchema}. */
export type DoctorReply = z.infer<typeof doctorReplySchema>;

/** No control characters, lone surrogates or changes of direction. */
const line = z.string().check(z.maxLength(500), z.regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u));

/** The hops of a run, each at most once. */
const hops = z
  .array(
    z.object({
      hop: z.enum(HOPS),
      result: z.enum(HOP_RESULTS),
      ms: z.int().check(z.nonnegative(), z.maximum(600_000)),
      text: line,
      code: z.optional(code),
    }),
  )
  .check(
    z.maxLength(HOPS.length),
    z.refine((all) => new Set(all.map(({ hop }) => hop)).size === all.length, 'a hop is there twice'),
  );

/** The result of a run, as an agent reports it. */
export const doctorReportSchema = z.object({
  /** Age of the result, ms. */
  ageMs: z.int().check(z.nonnegative()),
  hops,
});
/** See {@link doctorReportSchema}. */
export type DoctorReport = z.infer<typeof doctorReportSchema>;
