import type { Duplex } from 'node:stream';
import { type HttpProblemCode, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { endConnection } from './end-connection.js';

/** Answers a connection whose bytes are not valid HTTP, if it can still be read, and closes it. */
export function answerMalformed(error: Error, socket: Duplex, clock: Clock): void {
  // The rest of a request that was already answered.
  if (socket.writableEnded) return;
  const code = problemOf(error);
  if (code === null || !socket.writable) socket.destroy();
  else endConnection(socket, clock, problem(code));
}

/** The code of an error of Node's HTTP parser; null: the connection is closed without an answer. */
function problemOf(error: Error): HttpProblemCode | null {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'headers-late';
  if (code === 'HPE_INVALID_URL') return 'bad-request-target';
  return code.startsWith('HPE_') ? 'not-http' : null;
}
