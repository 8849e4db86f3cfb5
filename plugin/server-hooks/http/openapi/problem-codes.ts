import type { HttpProblemCode } from '../../../../protocol/problems.js';
import type { OperationSpec } from '../define-operation.js';
import { isDockerCall } from './is-docker-call.js';

const OF_BODIES = [
  'bad-request',
  'body-incomplete',
  'body-late',
  'body-not-json',
  'body-too-large',
  'host-consumed-body',
] as const;

/** All problem codes of a call, sorted: its own, and those that follow from its shape. */
export function problemCodes(spec: OperationSpec): readonly HttpProblemCode[] {
  const { access, body, path, query, problems = [] } = spec;
  const codes = new Set<HttpProblemCode>(['internal', ...problems]);
  if (access !== 'public' && access !== 'signed') codes.add('unauthorized').add('forbidden');
  if (/^\/api\/environments\/:id(\/|$)/.test(path)) codes.add('environment-not-found');
  if (query && !isDockerCall(spec)) codes.add('bad-request');
  if (body) for (const code of OF_BODIES) codes.add(code);
  return [...codes].sort();
}
