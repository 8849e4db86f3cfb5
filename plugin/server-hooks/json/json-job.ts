import { gunzipSync } from 'node:zlib';
import type * as z from 'zod/mini';
import { isModestJson, type JsonBounds } from '../../../protocol/messages/modest-json.js';
import { codeOf, type Problem, problem } from '../../../protocol/problems.js';

/**
 * How to parse one kind of body. `read` is pure, and its input and output can be cloned: it runs here or in the worker.
 */
export interface JsonJob<Input, Output> {
  readonly name: string;
  readonly bounds: JsonBounds;
  /** Limit for the JSON after inflating. */
  readonly maxBytes: number;
  /** @throws Problem */
  read(value: unknown, input: Input): Output;
}

/**
 * Parses a body, which may be gzip-compressed.
 * @throws Problem `body-too-large` (413), `body-not-json` (400), `body-too-complex` (400), and the errors of `read`
 */
export function runJob<Input, Output>(job: JsonJob<Input, Output>, bytes: Uint8Array, input: Input): Output {
  const json = inflate(bytes, job.maxBytes);
  if (!isModestJson(json, job.bounds)) throw problem('body-too-complex');
  return job.read(parseUtf8Json(json), input);
}

/**
 * Inflates data with a gzip header (RFC 1952), which JSON never has. There is no `Content-Encoding`, because a proxy
 * that inflates requests would break their signature.
 * @throws Problem `body-too-large` (413) past `maxBytes`, `body-not-json` (400) if damaged
 */
export function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    throw codeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? bodyTooLarge(maxBytes) : problem('body-not-json');
  }
}

/** @throws Problem `body-not-json` (400) for malformed JSON and invalid UTF-8 */
export function parseUtf8Json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw problem('body-not-json');
  }
}

/** Parses a value with its schema. @throws Problem `bad-request` (400) that names the place */
export function parseAs<T extends z.ZodMiniType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.');
  throw problem('bad-request', { detail: `${where ? `${where}: ` : ''}${issue?.message}` });
}

export function bodyTooLarge(maxBytes: number): Problem {
  return problem('body-too-large', { detail: `The body is larger than ${maxBytes} bytes` });
}
