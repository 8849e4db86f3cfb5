import type { IncomingHttpHeaders } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** A raw answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** A call of the OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** `/api/environments/{id}`. */
  readonly template: string;
  readonly security: readonly object[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'template'>>>>>;
}

/** Compares answers with an OpenAPI document, and keeps what it has seen of it. */
export class ApiContract {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #seen = new Set<string>();

  constructor(document: OpenApiDocument) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'openapi');
    const all = Object.entries(document.paths).flatMap(([template, methods]) =>
      Object.entries(methods).map(([method, rest]) => ({ ...rest, method: method.toUpperCase(), template })),
    );
    this.operations = new Map(all.map((operation) => [operation.operationId, operation]));
  }

  operation(id: string): Operation {
    const operation = this.operations.get(id);
    if (!operation) throw new Error(`the document has no call ${id}`);
    return operation;
  }

  /** What differs from the document; empty: nothing. */
  compare(id: string, answer: RawAnswer): string[] {
    const { responses, method, template } = this.operation(id);
    const exact = responses[String(answer.status)];
    const status = exact ? String(answer.status) : '2XX';
    const documented = exact ?? (answer.status < 300 ? responses['2XX'] : undefined);
    if (!documented) return [`${answer.status} is not documented: ${answer.text}`];
    const code = answer.status >= 400 ? String(JSON.parse(answer.text).code) : '';
    this.#seen.add(`${id} ${status} ${code}`.trim());
    const missing = Object.keys(documented.headers ?? {}).filter(
      (name) => answer.headers[name] === undefined && name !== 'retry-after',
    );
    if (missing.length > 0) return [`headers are missing: ${missing}`];
    if (!documented.content) return answer.text === '' ? [] : [`an undocumented body: ${answer.text}`];
    if (method === 'HEAD') return [];
    const types = Object.keys(documented.content);
    const given = answer.headers['content-type']?.split(';')[0] ?? '';
    const type = types.includes(given) ? given : '*/*';
    if (!types.includes(type)) return [`content type ${given} and not ${types}`];
    if (!type.endsWith('json')) return [];
    const pointer = ['paths', template, method.toLowerCase(), 'responses', status, 'content', type, 'schema'];
    const check = this.#validator(pointer);
    return check(JSON.parse(answer.text))
      ? []
      : (check.errors ?? []).map(({ instancePath, message, params }) =>
          `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
        );
  }

  /** Documented answers as `listHooks 200` and `listHooks 404 hook-not-found`. */
  get documented(): string[] {
    return [...this.operations.values()].flatMap(({ operationId, method, responses }) =>
      Object.entries(responses).flatMap(([status, { content }]) => {
        if (!(Number(status) >= 400)) return [`${operationId} ${status}`];
        // A refused HEAD has no body with its code.
        const codes = method === 'HEAD' ? [] : codesOf(Object.values(content ?? {})[0]?.schema);
        return codes.map((code) => `${operationId} ${status} ${code}`);
      }),
    );
  }

  /** Those of {@link documented} that nothing was compared with yet. */
  get unseen(): string[] {
    return this.documented.filter((each) => !this.#seen.has(each));
  }

  #validator(pointer: readonly string[]): ValidateFunction {
    const path = pointer
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = this.#ajv.getSchema(`openapi#/${path}`);
    if (!validate) throw new Error(`no schema at ${path}`);
    return validate;
  }
}

function codesOf(schema: object | undefined): string[] {
  const { properties } = schema as { properties?: { code?: { enum?: string[] } } };
  return properties?.code?.enum ?? [];
}
