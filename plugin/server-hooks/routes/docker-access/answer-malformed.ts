import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type HttpProblemCode, type Problem, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { dockerErrorBody } from '../../docker/error.js';

/** How long a client may continue to send after its answer, ms. */
const LINGER_MS = 1_000;

/** Answers a connection whose bytes are not valid HTTP, if it can still be read, and closes it. */
export function answerMalformed(error: Error, socket: Duplex, clock: Clock): void {
  // The rest of a request that was already answered.
  if (socket.writableEnded) return;
  const code = problemOf(error);
  if (code === null || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(lastAnswer(problem(code)));
  // Closing a connection with unread input would discard its answer.
  socket.once(
    'close',
    clock.after(LINGER_MS, () => socket.destroy()),
  );
}

/** An error as the last bytes of an HTTP/1.1 connection to a Docker client. */
export function lastAnswer(error: Problem): string {
  const { status, headers, body } = dockerErrorBody(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}

/** The code of an error of Node's HTTP parser; null: the connection is closed without an answer. */
function problemOf(error: Error): HttpProblemCode | null {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'headers-late';
  if (code === 'HPE_INVALID_URL') return 'bad-request-target';
  return code.startsWith('HPE_') ? 'not-http' : null;
}
