import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { Clock } from '../../../protocol/clock.js';
import { pump } from '../../../protocol/tunnel/pump.js';
import { probeHalfClosed } from './probe-half-closed.js';

/**
 * Makes what a client sends behind its request the engine's input. HTTP would read it as the next request; clients that
 * hijack a connection without `Upgrade`, as Docker.DotNet does, mean stdin. The answer goes its usual way.
 */
export function takeInput({ socket }: IncomingMessage, engine: Writable, clock: Clock): void {
  if (socket.destroyed) return;
  socket.allowHalfOpen = true;
  // The HTTP parser's own; a listener for `data` also ends its reading past the stream.
  for (const event of ['data', 'end']) socket.removeAllListeners(event);
  pump(socket, engine);
  socket.once('end', () => engine.end());
  probeHalfClosed(socket, clock);
  socket.resume();
}
