import * as z from 'zod';
import manifest from '../../../../manifest.json' with { type: 'json' };
import type { ResolvedOptions } from '../../options.js';
import { defineOperation, type Operation } from '../define-operation.js';
import { describeCalls } from './describe-calls.js';

const openApi = z.looseObject({ openapi: z.literal('3.1.1'), paths: z.looseObject({}) });

export interface OpenApiDeps {
  readonly options: Pick<ResolvedOptions, 'mount'>;
}

/** `GET /api/openapi.json`: public, because it contains only what the documentation does. */
export function openApiOperation(operations: () => readonly Operation[]): Operation<OpenApiDeps> {
  // Public, so it is generated once per mount.
  const documents = new Map<string, Buffer>();
  return defineOperation(
    {
      method: 'GET',
      path: '/api/openapi.json',
      id: 'getOpenApi',
      summary: 'Get this document',
      access: 'public',
      answers: { 200: { description: 'OpenAPI 3.1', body: openApi } },
    },
    (_, { options: { mount } }: OpenApiDeps) => {
      const document =
        documents.get(mount) ??
        Buffer.from(JSON.stringify(describeCalls(operations(), manifest.version, mount)));
      documents.set(mount, document);
      return { status: 200, body: document };
    },
  );
}
