import http, { type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { Problem, problem } from '../../../protocol/problems.js';
import type { Challenge } from './challenges.js';
import { withSignal } from './network.js';

/** Below the plugin's base URL, next to the agents' calls, because proxies in front of the hub let those through. */
export const SELF_TEST_PATH = '/agent/self-test';
/** In the `Authorization` header, which proxies must pass as well. */
const SCHEME = 'Fairlead-Self-Test ';

const MAX_BYTES = 4_096;
const answerSchema = z.object({ answer: z.string() });
const problemSchema = z.object({ code: z.literal('agent-unauthorized') });

/**
 * Checks that this hub is at the other end of a connection. Redirects are not followed, and only whether the answer is
 * right is reported.
 * @throws Problem `hub-answer-malformed`, `hub-other`, `hub-unreachable`
 */
export async function askHub(
  socket: Socket,
  base: URL,
  challenge: Challenge,
  signal: AbortSignal,
): Promise<void> {
  const text = await withSignal(signal, exchange(socket, base, challenge.question)).catch(
    (cause: unknown) => {
      if (cause instanceof Problem) throw cause;
      throw problem('hub-answer-malformed', { detail: 'No HTTP answer', cause });
    },
  );
  const body = parseJson(text);
  if (answerSchema.safeParse(body).data?.answer === challenge.answer) return;
  const code = problemSchema.safeParse(body).success ? 'hub-other' : 'hub-answer-malformed';
  throw problem(code);
}

/** The question in an `Authorization` header; empty if there is none. */
export function readSelfTest(authorization: string): string {
  return authorization.startsWith(SCHEME) ? authorization.slice(SCHEME.length) : '';
}

function exchange(socket: Socket, base: URL, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = http.request({
      createConnection: () => socket,
      path: `${base.pathname.replace(/\/$/, '')}${SELF_TEST_PATH}`,
      headers: { host: base.host, authorization: SCHEME + question, connection: 'close' },
    });
    req.on('error', reject);
    req.once('response', (res: IncomingMessage) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('error', reject);
      res.on('data', (chunk: string) => {
        text += chunk;
        if (text.length <= MAX_BYTES) return;
        resolve('');
        req.destroy();
      });
      res.once('end', () => resolve(text));
    });
    req.end();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
