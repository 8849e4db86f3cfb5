import type { OutgoingHttpHeaders } from 'node:http';
import { type ClientRequest, hasBody } from '../client-message.js';

/**
 * The request headers that an engine may see. An allowlist: a host dashboard may put its own secrets into headers
 * unknown to this plugin, and every engine is another machine, perhaps with another owner.
 */
const PASSED = new Set([
  'accept',
  'content-type',
  'user-agent',
  'x-registry-auth',
  'x-registry-config',
  'traceparent',
  'tracestate',
]);
const PASSED_PREFIX = /^(docker-|x-docker-|x-meta-)/;

/** The headers of the request to the engine, including the body's framing. */
export function engineHeaders(req: ClientRequest): OutgoingHttpHeaders {
  const headers = passedHeaders(req);
  if (hasBody(req)) {
    const length = req.headers['content-length'];
    if (length === undefined) headers['transfer-encoding'] = 'chunked';
    else headers['content-length'] = length;
  } else if (req.method !== 'GET' && req.method !== 'HEAD') {
    headers['content-length'] = 0;
  }
  return headers;
}

/** The headers without framing, for requests whose body the hub has read. */
export function passedHeaders(req: ClientRequest): OutgoingHttpHeaders {
  const hopByHop = new Set(
    String(req.headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  // Compressed answers would need a Content-Encoding for the client, which is not passed.
  const headers: OutgoingHttpHeaders = { host: 'docker', 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(req.headers)) {
    if (typeof value !== 'string' || hopByHop.has(name)) continue;
    if (PASSED.has(name) || PASSED_PREFIX.test(name)) headers[name] = value;
  }
  return headers;
}
