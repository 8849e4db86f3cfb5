import { once } from 'node:events';
import net from 'node:net';
import type { Scope } from '../scope.js';

/** A TCP relay on the loopback: the network between agent and hub, as bad as a test needs it. */
export interface Relay {
  readonly port: number;
  /** Open pairs of connections. */
  readonly open: number;
  /** Connections accepted so far. */
  readonly taken: number;
  /** Cuts all connections: both sides see a reset. */
  reset(): void;
  /** Ends all connections: both sides see an orderly end of TCP. */
  end(): void;
  /** From now on no byte of the current connections arrives, without a reset. New connections work. */
  swallow(): void;
  /** Cuts connections, present and new, without traffic for this time; 0: each new one, too; null: none. */
  idleMs: number | null;
}

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
  lastByteMs: number;
}

const LOOK_MS = 50;

/** Relays to `target` on the loopback. */
export async function startRelay(t: Scope, target: number): Promise<Relay> {
  const pairs = new Set<Pair>();
  let taken = 0;
  const server = net.createServer((near) => {
    taken++;
    if (relay.idleMs === 0) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect(target, '127.0.0.1');
    const pair: Pair = { near, far, lastByteMs: performance.now() };
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', () => {
        pair.lastByteMs = performance.now();
      });
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  const each = (act: (socket: net.Socket) => void) => {
    for (const { near, far } of [...pairs]) {
      act(near);
      act(far);
    }
  };
  const relay = {
    port: 0,
    idleMs: null as number | null,
    get open() {
      return pairs.size;
    },
    get taken() {
      return taken;
    },
    reset: () => each((socket) => socket.resetAndDestroy()),
    end: () => each((socket) => socket.destroy()),
    swallow: () =>
      each((socket) => {
        socket.unpipe();
        socket.resume();
      }),
  };
  const timer = setInterval(() => {
    if (relay.idleMs === null) return;
    for (const { near, far, lastByteMs } of pairs) {
      if (performance.now() - lastByteMs < relay.idleMs) continue;
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }, LOOK_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    clearInterval(timer);
    each((socket) => socket.destroy());
    server.close();
  });
  relay.port = (server.address() as net.AddressInfo).port;
  return relay;
}
