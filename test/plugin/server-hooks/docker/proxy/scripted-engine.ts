import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** What a fake engine does with one connection. `seen()` is every byte it got so far. */
export type EngineScript = (socket: net.Socket, seen: () => string) => void;

/** A raw engine on a unix socket: it answers with whatever bytes its script writes. */
export interface FakeEngine {
  readonly path: string;
  /** Everything all connections sent, in order. */
  bytes(): string;
  readonly sockets: Set<net.Socket>;
  connections: number;
}

/** @param keep whether to keep what it gets (`bytes()`), or to leave reading to the script */
export async function startEngine(
  t: ExecutionContext,
  script: EngineScript,
  keep: 'keep' | 'forget' = 'keep',
): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-engine-'));
  const all: Buffer[] = [];
  const engine: FakeEngine = {
    path: join(folder, 'docker.sock'),
    bytes: () => Buffer.concat(all).toString('latin1'),
    sockets: new Set(),
    connections: 0,
  };
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    engine.connections += 1;
    engine.sockets.add(socket);
    const own: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('close', () => engine.sockets.delete(socket));
    if (keep === 'keep') {
      socket.on('data', (chunk: Buffer) => {
        all.push(chunk);
        own.push(chunk);
      });
    }
    script(socket, () => Buffer.concat(own).toString('latin1'));
  });
  server.listen(engine.path);
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of engine.sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return engine;
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

/** An engine that gives each request head the same bytes for an answer, then ends (or not). */
export function answering(answer: string | Buffer, end: 'end' | 'keep' = 'end'): EngineScript {
  return (socket, seen) => {
    let answered = false;
    socket.on('data', () => {
      if (answered || !seen().includes('\r\n\r\n')) return;
      answered = true;
      socket.write(answer);
      if (end === 'end') socket.end();
    });
  };
}
