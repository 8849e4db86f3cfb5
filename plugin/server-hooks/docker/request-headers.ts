import type { OutgoingHttpHeaders } from 'node:http';
import { type ClientRequest, hasBody } from './client-message.js';

/**
 * What an engine may see of a client's request. A list of what passes and not of what doesn't: a host
 * dashboard may carry its own secrets in headers this plugin has never heard of, and every engine is a
 * different machine, perhaps with a different owner.
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

/** Makes the headers of the request to the engine, the framing of the body included. */
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
  // Compressed answers would need a Content-Encoding towards the client, which is not let through.
  const headers: OutgoingHttpHeaders = { host: 'docker', 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(req.headers)) {
    if (typeof value !== 'string' || hopByHop.has(name)) continue;
    if (PASSED.has(name) || PASSED_PREFIX.test(name)) headers[name] = value;
  }
  return headers;
}
