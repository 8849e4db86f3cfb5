import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type Problem, problem } from '../../../../protocol/problems.js';

/** The head of an engine's answer as the client may see it. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

/** Headers of every answer below `/docker/`: the content is foreign but served from our origin. */
export const ANSWER_GUARDS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
  // `no-transform`: compression in the host would buffer streams.
  'cache-control': 'no-store, no-transform',
};

/** Marks engine answers only: an engine's 401 does not sign out, and its codes are not the hub's. */
export const ENGINE_MARK: Readonly<Record<string, string>> = { 'x-fairlead-answer': 'engine' };

const PASSED = new Set(['content-length', 'api-version', 'ostype', 'server', 'builder-version']);
const PASSED_PREFIX = /^(docker-|x-docker-)/;
const OCTET_STREAM = 'application/octet-stream';
const SAFE_TYPE =
  /^(application\/(json|json-seq|jsonl|x-ndjson|octet-stream|tar|x-tar|vnd\.docker\.[a-z0-9.+-]+)|text\/plain)$/;

/**
 * Decides which parts of an engine's answer reach the client. Engines are not trusted: they may be broken, hostile or
 * not Docker Engines at all.
 * @throws Problem `engine-bad-response` or `engine-redirect` (both 502)
 */
export function readAnswerHead(answer: IncomingMessage): AnswerHead {
  const status = answer.statusCode ?? 0;
  if (answer.httpVersion !== '1.1' && answer.httpVersion !== '1.0') throw bad('not in HTTP/1.1');
  if (status < 200 || status > 599) throw bad('with an impossible status');
  // 304 is not a redirect here: `start` and `stop` answer it if there is nothing to do.
  if (status >= 300 && status < 400 && status !== 304) {
    throw problem('engine-redirect', { members: { engineStatus: status } });
  }
  const coding = answer.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw bad('in an unknown transfer coding');
  const encoding = answer.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw bad('in an encoding that was not requested');
  return { status, headers: passedHeaders(answer, status) };
}

/** The content type to send: the engine's if it is harmless in a browser, else octet-stream. */
export function safeContentType(sent: string | undefined): string {
  const [type = '', ...parameters] = (sent ?? '').toLowerCase().split(';');
  const media = type.trim();
  if (!SAFE_TYPE.test(media)) return OCTET_STREAM;
  const utf8 = parameters.some((parameter) => /^\s*charset="?utf-8"?\s*$/.test(parameter));
  return utf8 ? `${media}; charset=utf-8` : media;
}

function passedHeaders(answer: IncomingMessage, status: number): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  const sent = answer.headers;
  for (const name in sent) {
    const value = sent[name];
    if (typeof value !== 'string' || !(PASSED.has(name) || PASSED_PREFIX.test(name))) continue;
    headers[name] = value;
  }
  const hasNoBody = status === 204 || status === 304;
  if (hasNoBody) delete headers['content-length'];
  else headers['content-type'] = safeContentType(answer.headers['content-type']);
  return Object.assign(headers, ANSWER_GUARDS, ENGINE_MARK);
}

function bad(how: string): Problem {
  return problem('engine-bad-response', { detail: `The engine answered ${how}` });
}
