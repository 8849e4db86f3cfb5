import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type * as z from 'zod';
import type { Immutable } from '../../api/immutable.js';
import type { Action, Principal } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import type { ProblemCode } from './problem-statuses.js';

/**
 * Each REST call is one `defineOperation({ … }, handler)` in the file of its noun, listed in `calls.ts`. From that
 * definition come its route, authentication, authorization, parsing, the 405 of other methods, and its part of the
 * OpenAPI document; the handler gets values that were checked and returns one of the answers it declared:
 *
 * ```ts
 * export const hookCalls = [
 *   defineOperation(
 *     {
 *       method: 'POST',
 *       path: '/api/environments/:id/hooks',
 *       id: 'createHook',              // operationId: what generated clients call it
 *       summary: 'Makes a hook',
 *       access: 'write',               // an action for `admit`, or `public`, or `signed`
 *       body: createHook,              // zod, from plugin/api/; named by `.meta({ id })`
 *       answers: { 201: { description: 'Made', body: hookView, headers: { location: 'Its address' } } },
 *       problems: ['name-taken', ...STORE_PROBLEMS],
 *     },
 *     async ({ services, environment, body }) => ({ status: 201, body: view, headers: { location } }),
 *   ),
 * ];
 * ```
 *
 * - A path below `/api/environments/:id` concerns that environment: callers are held to it, one that is not there is
 *   404, and the handler gets it as `environment`.
 * - `problems` are the codes that are the call's own, from `problem-statuses.ts`. Those that follow from its shape
 *   (`unauthorized`, `bad-request`, `environment-not-found`, …) are added by themselves.
 * - Query parameters arrive as texts: use `z.coerce.number()` and the like. One that is given twice arrives as a list.
 * - An empty body counts as `{}`. Unknown members are ignored unless the schema is strict.
 * - `signed` is for calls that prove themselves by their very bytes: nothing is parsed, the handler gets `bytes`.
 * - An answer with `type` and no `body` is a text or a stream (`text/event-stream`); `signal` ends with the caller.
 */
export interface OperationSpec {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Below the mount; `:name` is a parameter. */
  readonly path: `/${string}`;
  /** `operationId`: a verb and a noun, unique. */
  readonly id: string;
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** What a caller must be allowed to do; `public`: nothing; `signed`: the handler authenticates the body's bytes. */
  readonly access: Action | 'public' | 'signed';
  /**
   * A caller whose credentials are good for one environment only may make this call, though its path names none: the
   * handler holds them to theirs, by `visibleTo`. Default: they may not.
   */
  readonly showsOwn?: boolean;
  /** What the parameters of the path mean; `:id` of an environment needs no word. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Default 65,536. */
  readonly maxBodyBytes?: number;
  /** By status; `2XX` where the engine chooses it. */
  readonly answers: { readonly [status: number]: AnswerSpec; readonly '2XX'?: AnswerSpec };
  readonly problems?: readonly ProblemCode[];
}

/** One answer of a call that went well. */
export interface AnswerSpec {
  readonly description: string;
  /** JSON, unless `type` says otherwise. Absent, with no `type`: nothing is sent. */
  readonly body?: z.core.$ZodType;
  /** Content type of something that is not JSON. */
  readonly type?: string;
  /** Headers worth a word, lower case, and what they tell. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names in `/api/environments/:id/exec/:execId`. */
type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type Parsed<Schema> = Schema extends z.core.$ZodType ? Immutable<z.output<Schema>> : undefined;

/** What a handler gets. */
export interface OperationInput<S extends OperationSpec> {
  readonly services: Services;
  /** Null where `access` asks for nobody. */
  readonly principal: S['access'] extends 'public' | 'signed' ? null : Principal;
  /** Asks anew who calls and whether they may, for answers that last. @throws EdgeError as `admit` */
  readonly readmit: S['access'] extends 'public' | 'signed' ? null : () => Promise<Principal>;
  readonly environment: S['path'] extends `/api/environments/:id${string}` ? Environment : null;
  /** Decoded; as long and as strange as the caller wished. */
  readonly params: Readonly<Record<ParamNames<S['path']>, string>>;
  readonly query: Parsed<S['query']>;
  readonly body: S['access'] extends 'signed' ? undefined : Parsed<S['body']>;
  /** The body as it came, of `signed` calls only. */
  readonly bytes: S['access'] extends 'signed' ? Buffer : null;
  readonly headers: IncomingHttpHeaders;
  /** Of the caller, or of the proxy in front of the host. */
  readonly address: string;
  /** Scheme and authority by which the caller reached the hub. */
  readonly origin: string;
  /** Aborts with `client-gone` when the caller leaves. */
  readonly signal: AbortSignal;
}

/** JSON that was checked and written before; sent as it is. */
export type JsonText = Buffer | Readable;

type AnswerOf<Status, A> = {
  readonly status: Status;
  readonly headers?: Readonly<Record<string, string>>;
} & (A extends { readonly body: infer B extends z.core.$ZodType }
  ? { readonly body: Immutable<z.output<B>> | JsonText }
  : A extends { readonly type: string }
    ? { readonly body: string | Readable }
    : { readonly body?: never });

/** What a handler may return: one of the declared answers. */
export type OperationAnswer<S extends OperationSpec> = {
  [Status in keyof S['answers']]: AnswerOf<Status, S['answers'][Status]>;
}[keyof S['answers']];

/** A call with its handler, as the router takes it; null: it is answered elsewhere and only described here. */
export interface Operation {
  readonly spec: OperationSpec;
  readonly answer: ((input: OperationInput<OperationSpec>) => Promise<AnyAnswer>) | null;
}

/** A {@link OperationAnswer} of any call. */
export interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** See {@link OperationSpec}. */
export function defineOperation<
  const S extends OperationSpec,
  const A extends OperationAnswer<S> & AnyAnswer,
>(spec: S, handler: (input: OperationInput<S>) => Promise<A> | A): Operation {
  // The router parses by `spec`, so what arrives is what S says.
  return { spec, answer: async (input) => handler(input as OperationInput<S>) };
}
