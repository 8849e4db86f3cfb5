import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import pino from 'pino';
import { openTunnel } from '../../../agent-image/src/tunnel/handshake.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import { defer } from '../deferred.js';
import type { Scope } from '../scope.js';

export interface ConnectAgentOptions {
  /** Default: there is no engine. */
  readonly dialEngine?: () => Promise<Duplex>;
  readonly report?: () => Promise<void>;
  readonly onIdle?: () => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly inactivityMs?: number;
}

/** An agent's end of a tunnel on a plain connection, whose other end does nothing yet. */
export async function connectAgent(t: Scope, options: ConnectAgentOptions = {}) {
  const {
    dialEngine = () => Promise.reject(new Error('no engine')),
    report = async () => undefined,
    onIdle = () => undefined,
    clock = systemClock,
    inactivityMs = 300_000,
  } = options;
  const server = net.createServer();
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hub = net.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
  const [connection] = (await once(server, 'connection')) as [net.Socket];
  t.teardown(() => hub.destroy());
  t.teardown(() => connection.destroy());
  const ended = defer<string>();
  const opening = openTunnel({
    dial: async () => ({ socket: connection, wire: connection, path: 'tunnel-port' }),
    proof: () => ({
      environmentId: 1,
      instanceId: 'instance',
      token: 'x'.repeat(43),
      mac: 'x'.repeat(43),
      inactivityMs,
    }),
    clock,
    logger: pino({ level: 'silent' }),
    dialEngine,
    report,
    onIdle,
    onEnd: (_tunnel, end) => ended.resolve(end),
  });
  opening.catch((error) => ended.resolve(codeOf(error)));
  return { opening, hub, connection, ended: ended.promise };
}
