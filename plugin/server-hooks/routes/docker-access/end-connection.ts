import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { dockerErrorBody } from '../../docker/error.js';

/** How long a client may take to read its last answer, ms. */
const LINGER_MS = 1_000;

/**
 * Ends an HTTP/1.1 connection of a Docker client, with an error as its last bytes if there is one. It is not closed
 * immediately: with unread input that would discard the answer.
 */
export function endConnection(socket: Duplex, clock: Clock, error?: Problem): void {
  socket.end(error && answerOf(error));
  socket.once(
    'close',
    clock.after(LINGER_MS, () => socket.destroy()),
  );
}

function answerOf(error: Problem): string {
  const { status, headers, body } = dockerErrorBody(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}
