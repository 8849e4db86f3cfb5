import http from 'node:http';
import https from 'node:https';
import { problem } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { toHubError } from './error.js';

/** One request to the hub. */
export interface HubCall {
  readonly method: 'GET' | 'POST';
  /** Dials out; see `outbound.ts`. */
  readonly agent: http.Agent;
  readonly clock: Clock;
  readonly headers: http.OutgoingHttpHeaders;
  /** JSON, possibly compressed with gzip, or empty. */
  readonly body: Buffer;
  /** Deadline for the whole answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

const MAX_ANSWER_BYTES = 64 * 1024;
/** A reused connection that is reset within this time was already closed by the hub, ms. A later reset is a cut hold. */
const STALE_MS = 1_000;

/**
 * Sends a request and collects the answer. A hub may close an idle connection just as we reuse it (RFC 9112,
 * section 9.3.1): the request is then sent again on another one.
 * @throws Problem as `toHubError` makes them, or the signal's reason
 */
export async function callHub(url: URL, call: HubCall): Promise<Answer> {
  for (;;) {
    const answer = await attempt(url, call);
    if (answer) return answer;
  }
}

/** Resolves to null if a reused connection was already closed; only a few are kept. */
function attempt(url: URL, call: HubCall): Promise<Answer | null> {
  const { method, agent, clock, headers, body, timeoutMs, signal } = call;
  const { request } = url.protocol === 'https:' ? https : http;
  const startedMs = clock.monotonic();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      cancel();
      const isStale = req.reusedSocket && isReset(error) && clock.monotonic() - startedMs < STALE_MS;
      if (isStale && !signal?.aborted) resolve(null);
      else reject(signal?.aborted ? signal.reason : toHubError(error));
      req.destroy();
    };
    const type = { 'content-type': 'application/json', 'content-length': body.length };
    const req = request(url, {
      method,
      agent,
      insecureHTTPParser: false,
      headers: { ...headers, ...(body.length > 0 ? type : {}) },
      ...(signal ? { signal } : {}),
    });
    // Connections of HTTP/1.1 are kept without it.
    req.removeHeader('connection');
    const cancel = clock.after(timeoutMs, () =>
      fail(problem('hub-unreachable', { detail: `No answer within ${timeoutMs / 1_000} s` })),
    );
    req.on('error', fail);
    req.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES)
          fail(problem('hub-answer-malformed', { detail: 'The answer is too large' }));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        cancel();
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
      });
    });
    req.end(body);
  });
}

function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(Object(error).code);
}
