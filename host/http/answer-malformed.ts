import type { Duplex } from 'node:stream';
import type { Problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import { dockerProblem, lastAnswer } from './problem.js';

/** How long a caller may continue to send after a `not-http` answer. */
const LINGER_MS = 1_000;

/** Answers a connection that is not HTTP, if it can still be read. */
export function answerMalformed(error: Error, socket: Duplex, clock: Clock): void {
  // The rest of a request that was already answered.
  if (socket.writableEnded) return;
  const problem = malformed(error);
  if (problem === null || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(lastAnswer(problem));
  // Closing a connection with unread input would discard its answer.
  socket.once(
    'close',
    clock.after(LINGER_MS, () => socket.destroy()),
  );
}

/** The problem behind an error of Node's HTTP parser; null: the connection is closed. The caller may be a Docker client. */
function malformed(error: Error): Problem | null {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') return dockerProblem('headers-too-large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return dockerProblem('headers-late');
  // Node's parser accepts only ASCII; see docs/decisions/raw-request-targets.md.
  if (code === 'HPE_INVALID_URL') return dockerProblem('bad-request-target');
  return code.startsWith('HPE_') ? dockerProblem('not-http') : null;
}
