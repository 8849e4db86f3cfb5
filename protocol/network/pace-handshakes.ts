import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import type { Clock } from '../time/clock.js';

/** TLS handshakes that start in one turn of the event loop, each about a millisecond of CPU time. */
const PER_TURN = 8;
/** Waiting connections evaluated in one turn: most of a long queue may have closed meanwhile. */
const EVALUATED_PER_TURN = 256;
/** A connection that has waited longer is closed: its client is about to give up, and would waste a handshake. */
const MAX_WAIT_MS = 25_000;
/** Served places at the front of the queue that are kept before it is moved. */
const MAX_SERVED = 1_024;

interface Waiting {
  readonly sinceMs: number;
  readonly start: () => void;
  readonly close: () => void;
}

/**
 * Spreads the CPU time of TLS handshakes over turns of the event loop, so that requests are answered in between while
 * a whole fleet reconnects. A connection waits for its turn once its first bytes are here, and nothing is reserved for
 * one that sends none: slow clients delay nobody. One that ends while it waits is closed without a handshake. The
 * deadline of the handshake starts with its turn.
 *
 * Call it before other listeners for `connection` are added: those still run on accept.
 * @param silentMs a connection that sends nothing for this long is closed
 * @returns closes all connections without a handshake, those that arrive later too
 */
export function paceHandshakes(server: Server, clock: Clock, silentMs: number): () => void {
  const starters = server.listeners('connection');
  for (const one of starters) server.off('connection', one as (socket: Socket) => void);
  const pending = new Set<Socket>();
  const queue: Waiting[] = [];
  /** Index of the oldest in the queue. */
  let oldest = 0;
  let started = 0;
  let isScheduled = false;
  let isOldestNext = true;
  let isStopped = false;

  /** Every other place goes to the newest: one who connects after the burst does not queue behind the fleet. */
  function next(): Waiting | undefined {
    if (oldest === queue.length) return undefined;
    const one = isOldestNext ? queue[oldest++] : queue.pop();
    isOldestNext = !isOldestNext;
    if (oldest === queue.length || oldest > MAX_SERVED) {
      queue.splice(0, oldest);
      oldest = 0;
    }
    return one;
  }

  function turn(): void {
    isScheduled = false;
    started = 0;
    for (let evaluated = 0; evaluated < EVALUATED_PER_TURN && started < PER_TURN; evaluated++) {
      const one = next();
      if (!one) return;
      if (clock.monotonic() - one.sinceMs > MAX_WAIT_MS) one.close();
      else one.start();
    }
    schedule();
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  }

  server.on('connection', (socket: Socket) => {
    if (isStopped) {
      socket.destroy();
      return;
    }
    /** Bytes that have arrived; 0 while it is silent. */
    let received = 0;
    const close = () => void socket.destroy();
    const cancel = clock.after(silentMs, close);
    const leave = () => {
      cancel();
      pending.delete(socket);
    };
    const start = () => {
      socket.off('error', ignore).off('close', leave).off('readable', onReadable);
      leave();
      if (socket.destroyed) return;
      started++;
      schedule();
      for (const one of starters) one.call(server, socket);
    };
    const onReadable = () => {
      const { readableLength } = socket;
      // Readable without more bytes: the client has ended the connection.
      if (readableLength === received) close();
      else if (received > 0) received = readableLength;
      else {
        received = readableLength;
        cancel();
        if (started < PER_TURN && oldest === queue.length) start();
        else queue.push({ sinceMs: clock.monotonic(), start, close });
      }
    };
    pending.add(socket);
    // The client gave up: the socket is destroyed.
    socket.on('error', ignore).on('close', leave).on('readable', onReadable);
  });

  return () => {
    isStopped = true;
    for (const socket of pending) socket.destroy();
  };
}

function ignore(): void {}
