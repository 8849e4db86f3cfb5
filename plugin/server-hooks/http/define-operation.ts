import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type * as z from 'zod';
import type { HttpProblemCode } from '../../../protocol/problems.js';
import type { Immutable } from '../../api.js';
import type { Action } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { Access } from './access.js';

/**
 * Each REST operation is one `defineOperation({ … }, handler)` in the file of its noun, listed in `operations.ts`. That
 * definition yields its route, authentication, authorization, parsing, the 405 of other methods, and its part of the
 * OpenAPI document. The handler receives validated values and its dependencies, and returns one of the declared answers:
 *
 * ```ts
 * export const hookCalls = [
 *   defineOperation(
 *     {
 *       method: 'POST',
 *       path: '/api/environments/:id/hooks',
 *       id: 'createHook',              // operationId: the method name in generated clients
 *       summary: 'Create a hook',
 *       access: 'write',               // an action for `admit`, or `public`, or `signed`
 *       body: createHook,              // zod, from plugin/api/; named by `.meta({ id })`
 *       answers: { 201: { description: 'Created', body: hookView, headers: { location: 'Its address' } } },
 *       problems: ['name-taken', ...STORE_PROBLEMS],
 *     },
 *     async ({ environment, body }, { hooks }: HookDeps) => ({ status: 201, body: view, headers: { location } }),
 *   ),
 * ];
 * ```
 *
 * - A path below `/api/environments/:id` is authorized for that environment. An unknown one is 404, and the handler
 *   gets it as `environment`.
 * - `problems` are the call's own codes, from `protocol/problems.ts`. Those that follow from its shape
 *   (`unauthorized`, `bad-request`, `environment-not-found`, …) are added automatically.
 * - Query parameters arrive as strings: use `z.coerce.number()` and the like. A repeated one arrives as a list.
 * - An empty body counts as `{}`. Unknown members are ignored unless the schema is strict.
 * - `signed` is for calls authenticated by their body's bytes: nothing is parsed, the handler gets `bytes`.
 * - An answer with `type` and no `body` is a text or a stream (`text/event-stream`); `signal` aborts when the
 *   caller disconnects.
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
  /** The required permission; `public`: none; `signed`: the handler authenticates the body's bytes. */
  readonly access: Action | 'public' | 'signed';
  /**
   * Whether callers bound to one environment may make this call although its path names none: the handler
   * restricts them to theirs with `access.filter`. Default: false.
   */
  readonly showsOwn?: boolean;
  /**
   * Whether callers bound to one environment may not make this call even for theirs: what it creates would outlive their
   * credentials. Default: false.
   */
  readonly refusesBound?: boolean;
  /** Descriptions of the path parameters; `:id` of an environment needs none. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Default 65,536. */
  readonly maxBodyBytes?: number;
  /** By status; `2XX` if the engine chooses it. */
  readonly answers: { readonly [status: number]: AnswerSpec; readonly '2XX'?: AnswerSpec };
  readonly problems?: readonly HttpProblemCode[];
}

/** The problems of all calls that write. */
export const STORE_PROBLEMS = ['store-closed', 'store-unwritable'] as const;

/** A successful answer. */
export interface AnswerSpec {
  readonly description: string;
  /** JSON, unless `type` is set. Absent, with no `type`: no content. */
  readonly body?: z.core.$ZodType;
  /** Content type if not JSON. */
  readonly type?: string;
  /** Content type of the other form that a caller may ask for: a buffer, with a `content-type` of its own. */
  readonly otherType?: string;
  /** Documented headers, lower case, with descriptions. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names in `/api/environments/:id/exec/:execId`. */
type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type Parsed<Schema> = Schema extends z.core.$ZodType ? Immutable<z.output<Schema>> : undefined;

/** Input of a handler. */
export interface OperationInput<S extends OperationSpec> {
  /** Null if the spec's `access` needs no principal. */
  readonly access: S['access'] extends 'public' | 'signed' ? null : Access;
  /** Authenticates and authorizes again, for long-lived answers. @throws Problem as `admit` */
  readonly readmit: S['access'] extends 'public' | 'signed' ? null : () => Promise<Access>;
  readonly environment: S['path'] extends `/api/environments/:id${string}` ? Environment : null;
  /** Decoded, but otherwise unchecked. */
  readonly params: Readonly<Record<ParamNames<S['path']>, string>>;
  readonly query: Parsed<S['query']>;
  readonly body: S['access'] extends 'signed' ? undefined : Parsed<S['body']>;
  /** The raw body, of `signed` calls only. */
  readonly bytes: S['access'] extends 'signed' ? Buffer : null;
  readonly headers: IncomingHttpHeaders;
  /** The address of the caller, or of the proxy in front of the host. */
  readonly address: string;
  /** Scheme and authority by which the caller reached the hub. */
  readonly origin: string;
  /** Aborts with `client-gone` when the caller disconnects. */
  readonly signal: AbortSignal;
}

/** JSON that was validated and serialized before; sent as is. */
export type JsonText = Buffer | Readable;

type AnswerOf<Status, A> = {
  readonly status: Status;
  readonly headers?: Readonly<Record<string, string>>;
} & (A extends { readonly body: infer B extends z.core.$ZodType }
  ? { readonly body: Immutable<z.output<B>> | JsonText }
  : A extends { readonly type: string }
    ? { readonly body: string | Readable }
    : { readonly body?: never });

/** The possible answers of a handler: the declared ones. */
export type OperationAnswer<S extends OperationSpec> = {
  [Status in keyof S['answers']]: AnswerOf<Status, S['answers'][Status]>;
}[keyof S['answers']];

/**
 * A call with its handler, for the router; null: answered elsewhere and only described here. `Deps` is what the handler
 * needs besides the call.
 */
export interface Operation<Deps = never> {
  readonly spec: OperationSpec;
  readonly answer: ((input: OperationInput<OperationSpec>, deps: Deps) => Promise<AnyAnswer>) | null;
}

/** An {@link OperationAnswer} of any call. */
export interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** See {@link OperationSpec}. */
export function defineOperation<
  const S extends OperationSpec,
  const A extends OperationAnswer<S> & AnyAnswer,
  Deps = unknown,
>(spec: S, handler: (input: OperationInput<S>, deps: Deps) => Promise<A> | A): Operation<Deps> {
  // The router parses by `spec`, so the input has the types of S.
  return { spec, answer: async (input, deps) => handler(input as OperationInput<S>, deps) };
}
