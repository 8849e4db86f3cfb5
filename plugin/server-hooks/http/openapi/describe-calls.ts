import { STATUS_CODES } from 'node:http';
import { type HttpProblemCode, PROBLEMS } from '../../../../protocol/problems.js';
import { problem } from '../../../api/problem.js';
import type { AnswerSpec, Operation, OperationSpec } from '../define-operation.js';
import { HUB_TIME } from '../hub-time.js';
import { isDockerCall } from './is-docker-call.js';
import { type JsonSchema, JsonSchemas } from './json-schemas.js';
import { problemCodes } from './problem-codes.js';

/** An OpenAPI 3.1 document, based on JSON Schema draft 2020-12. */
export interface OpenApi {
  readonly openapi: '3.1.1';
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly [member: string]: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;

const DESCRIPTION = `Bodies are JSON in UTF-8; times are RFC 3339 in UTC; durations have their unit in their name.
Unknown members of a body are ignored, unless its schema says otherwise. A known address with another method is a 405
\`method-not-allowed\` with \`Allow\`. Each code of a problem is explained in docs/errors.md.`;

/** The OpenAPI 3.1 document of `calls`, generated from the schemas that validate them. */
export function describeCalls(calls: readonly Operation[], version: string, mount: string): OpenApi {
  const schemas = new JsonSchemas();
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const { spec } of calls) {
    const template = spec.path.replace(/:(\w+)/g, '{$1}');
    paths[template] ??= {};
    paths[template][spec.method.toLowerCase()] = operation(spec, schemas);
  }
  schemas.convert(problem, 'output');
  return {
    openapi: '3.1.1',
    info: {
      title: 'Fairlead',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: mount || '/', description: 'Where the dashboard mounts the plugin' }],
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token that the dashboard accepts: for the bundled one a session token or an API token.',
        },
      },
    },
  };
}

function operation(spec: OperationSpec, schemas: JsonSchemas): JsonObject {
  const isOpen = spec.access === 'public' || spec.access === 'signed';
  const { body, maxBodyBytes } = spec;
  return {
    operationId: spec.id,
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    security: isOpen ? [] : [{ bearer: [] }],
    ...withParameters([...pathParameters(spec), ...queryParameters(spec, schemas)]),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            ...(maxBodyBytes === undefined ? {} : { description: `At most ${maxBodyBytes} bytes.` }),
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: schemas.convert(body, 'input') } },
          },
        }),
    responses: { ...answers(spec, schemas), ...refusals(spec) },
  };
}

function withParameters(parameters: readonly JsonObject[]): JsonObject {
  return parameters.length === 0 ? {} : { parameters };
}

function pathParameters({ path, params = {} }: OperationSpec): JsonObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const isId = name === 'id' && params.id === undefined;
    return {
      name,
      in: 'path',
      required: true,
      description: isId ? 'Id of the environment.' : params[name],
      schema: isId ? { type: 'integer', minimum: 1 } : { type: 'string' },
    };
  });
}

function queryParameters({ query }: OperationSpec, schemas: JsonSchemas): JsonObject[] {
  if (query === undefined) return [];
  return Object.entries(query.shape).map(([name, member]) => {
    const { description, ...schema } = schemas.convert(member, 'input');
    const isRequired = !query.shape[name].safeParse(undefined).success;
    return { name, in: 'query', required: isRequired, ...(description ? { description } : {}), schema };
  });
}

function answers(spec: OperationSpec, schemas: JsonSchemas): Record<string, JsonObject> {
  const described = Object.entries<AnswerSpec>(spec.answers).map(([status, answer]) => {
    const { description, body, type, otherType, headers } = answer;
    const schema = body ? schemas.convert(body, 'output') : { type: 'string' };
    const other = otherType === undefined ? {} : { [otherType]: {} };
    const content = body || type ? { content: { [type ?? 'application/json']: { schema }, ...other } } : {};
    return [status, { description, ...headersOf({ ...timeOf(spec), ...headers }), ...content }];
  });
  return Object.fromEntries(described);
}

function refusals(spec: OperationSpec): Record<string, JsonObject> {
  const byStatus = new Map<number, HttpProblemCode[]>();
  for (const code of problemCodes(spec)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const type = isDockerCall(spec) ? 'application/json' : 'application/problem+json';
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
        ...headersOf({ ...timeOf(spec), ...refusalHeaders(status) }),
        content: { [type]: { schema: refusal(status, codes) } },
      },
    ]),
  );
}

function refusal(status: number, codes: readonly HttpProblemCode[]): JsonSchema {
  const ownMembers = { status: { const: status }, code: { enum: codes } };
  return { $ref: '#/components/schemas/Problem', properties: ownMembers };
}

function refusalHeaders(status: number): AnswerSpec['headers'] {
  if (status === 401) return { 'www-authenticate': '`Bearer`.' };
  if (status === 503) return { 'retry-after': 'Seconds to wait before a retry; absent: retry at any time.' };
  return undefined;
}

/** Docker calls have the engine's headers, and webhook senders need no clock. */
function timeOf(spec: OperationSpec): AnswerSpec['headers'] {
  return isDockerCall(spec) || !spec.path.startsWith('/api/')
    ? {}
    : { [HUB_TIME]: 'The hub’s clock, milliseconds since 1970.' };
}

function headersOf(headers: Readonly<Record<string, string>>): JsonObject {
  if (Object.keys(headers).length === 0) return {};
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return { headers: Object.fromEntries(described) };
}
