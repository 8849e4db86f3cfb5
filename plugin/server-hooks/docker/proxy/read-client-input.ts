import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { Clock } from '../../../../protocol/time/clock.js';
import { pump } from '../../../../protocol/tunnel/pump.js';
import { probeHalfClosed } from './probe-half-closed.js';

/**
 * Makes what a client sends after its request the engine's input. HTTP would parse it as the next request; clients that
 * hijack a connection without `Upgrade`, such as Docker.DotNet, mean stdin. The answer is sent as usual.
 */
export function takeInput({ socket }: IncomingMessage, engine: Writable, clock: Clock): void {
  if (socket.destroyed) return;
  socket.allowHalfOpen = true;
  // Remove the HTTP parser's listeners; a listener for `data` also stops it from reading past the stream.
  for (const event of ['data', 'end']) socket.removeAllListeners(event);
  pump(socket, engine);
  socket.once('end', () => engine.end());
  probeHalfClosed(socket, clock);
  socket.resume();
}
