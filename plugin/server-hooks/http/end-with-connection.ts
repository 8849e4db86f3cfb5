import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Responses queued behind another one on the same connection, by connection. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Makes a response emit `close` if its connection ends before its turn. Requests may be pipelined (RFC 9112 section
 * 9.3.2); Node gives a queued response no socket and does not notify it of the end (20.20 and 24).
 */
export function endWithConnection({ socket }: IncomingMessage, res: ServerResponse): void {
  if (res.socket !== null || res.destroyed || socket === null) return;
  let answers = waiting.get(socket);
  if (!answers) {
    answers = new Set();
    waiting.set(socket, answers);
    socket.once('close', () => {
      for (const answer of waiting.get(socket) ?? []) end(answer);
    });
  }
  answers.add(res);
  const forget = () => answers.delete(res);
  res.once('socket', forget).once('close', forget);
  if (socket.destroyed) end(res);
}

function end(res: ServerResponse): void {
  res.destroy();
  res.emit('close');
}
