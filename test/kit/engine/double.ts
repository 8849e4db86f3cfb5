import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

/** What an engine does with one connection. `seen()` is every byte of it so far. */
export type EngineScript = (socket: net.Socket, seen: () => string) => void;

/** A server in an engine's place, on a unix socket: a script decides what each connection gets. */
export interface EngineDouble {
  readonly socketPath: string;
  /** Everything that all connections sent, in order. */
  bytes(): string;
  /** Those that are open. */
  readonly sockets: ReadonlySet<net.Socket>;
  /** How many there were. */
  readonly connections: number;
  /** Opens a connection, as the agent does for each call. */
  dial(): Promise<Duplex>;
}

/** @param keep whether to keep what it gets (`bytes()`), or to leave reading to the script */
export async function startEngine(
  t: Scope,
  script: EngineScript,
  keep: 'keep' | 'forget' = 'keep',
): Promise<EngineDouble> {
  const socketPath = join(await tempFolder(t), 'docker.sock');
  const all: Buffer[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    const own: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (keep === 'keep') {
      socket.on('data', (chunk: Buffer) => {
        all.push(chunk);
        own.push(chunk);
      });
    }
    script(socket, () => Buffer.concat(own).toString('latin1'));
  });
  // Hundreds may connect at a time.
  server.listen({ path: socketPath, backlog: 4_096 });
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    socketPath,
    sockets,
    bytes: () => Buffer.concat(all).toString('latin1'),
    get connections() {
      return connections;
    },
    dial: async () => {
      const socket = net.connect({ path: socketPath, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
  };
}

/** An engine whose requests are parsed, and answered by `listener`. */
export function startHttpEngine(t: Scope, listener: http.RequestListener): Promise<EngineDouble> {
  const server = http.createServer(listener);
  return startEngine(t, (socket) => void server.emit('connection', socket), 'forget');
}

/** Resolves once the hub has ended or dropped its connection to an engine. */
export async function left(engineSide: net.Socket | undefined): Promise<void> {
  if (engineSide === undefined) throw new Error('no connection reached the engine');
  if (engineSide.readableEnded || engineSide.destroyed) return;
  await new Promise<void>((resolve) => {
    engineSide.once('end', () => resolve());
    engineSide.once('close', () => resolve());
  });
}
