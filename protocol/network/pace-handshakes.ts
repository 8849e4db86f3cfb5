import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import type { Clock } from '../time/clock.js';

/** TLS handshakes that start in one turn of the event loop, each about a millisecond of CPU time. */
const PER_TURN = 8;
/** A connection that has waited longer is closed: its client is about to give up, and would waste a handshake. */
const MAX_WAIT_MS = 25_000;

interface Waiting {
  readonly socket: Socket;
  readonly sinceMs: number;
}

/**
 * Spreads the CPU time of TLS handshakes over turns of the event loop, so that requests are answered in between while
 * a whole fleet reconnects. A connection waits for its turn once its first bytes are here, and nothing is reserved for
 * one that sends none: slow clients delay nobody. The deadline of the handshake starts with its turn.
 *
 * Call it before other listeners for `connection` are added: those still run on accept.
 * @param silentMs a connection that sends nothing for this long is closed
 */
export function paceHandshakes(server: Server, clock: Clock, silentMs: number): void {
  const starters = server.listeners('connection');
  for (const one of starters) server.off('connection', one as (socket: Socket) => void);
  const waiting: Waiting[] = [];
  let started = 0;
  let isScheduled = false;
  let isOldestNext = true;

  function turn(): void {
    isScheduled = false;
    started = 0;
    while (started < PER_TURN) {
      // Every other place goes to the newest: an operator does not queue behind the fleet.
      const next = isOldestNext ? waiting.shift() : waiting.pop();
      if (!next) return;
      isOldestNext = !isOldestNext;
      if (clock.monotonic() - next.sinceMs > MAX_WAIT_MS) next.socket.destroy();
      else start(next.socket);
    }
    schedule();
  }

  function start(socket: Socket): void {
    socket.off('error', ignore);
    if (socket.destroyed) return;
    started++;
    schedule();
    for (const one of starters) one.call(server, socket);
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  }

  server.on('connection', (socket: Socket) => {
    const cancel = clock.after(silentMs, () => socket.destroy());
    socket.once('close', cancel);
    // The client gave up: the socket is destroyed.
    socket.on('error', ignore);
    socket.once('readable', () => {
      cancel();
      socket.off('close', cancel);
      if (started < PER_TURN && waiting.length === 0) start(socket);
      else waiting.push({ socket, sinceMs: clock.monotonic() });
    });
  });
}

function ignore(): void {}
