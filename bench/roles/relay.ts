// A long or slow link: forwards TCP connections with a delay each way, at a rate, through a queue like a router's that
// all connections share. What a connection may have in it is bounded; the rest waits in the sender's socket.
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const input = JSON.parse(process.argv[2] ?? '{}');
const link: { delayMs: number; bytesPerMs: number; queueBytes: number } = input;
const targets: number[] = input.targets;

/** Bytes pass in chunks of a few packets, so that a small message does not wait for a large one. */
const PIECE = 4 * 1024;

/** One way of one connection. */
interface Flow {
  readonly from: Socket;
  readonly to: Socket;
  /** Before the bottleneck. */
  queuedBytes: number;
}

interface Piece {
  readonly flow: Flow;
  /** Null: the end of the connection. */
  readonly bytes: Buffer | null;
  /** When the link has sent it. */
  readonly sentAtMs: number;
}

/** One way of the link. */
class Direction {
  readonly #queue: Piece[] = [];
  readonly #onTheWay: Piece[] = [];
  #freeAtMs = 0;
  #isScheduled = false;

  carry(from: Socket, to: Socket): void {
    const flow = { from, to, queuedBytes: 0 };
    let isEnded = false;
    from.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += PIECE) this.#send(flow, chunk.subarray(at, at + PIECE));
      this.#step();
      if (isFull(flow)) from.pause();
    });
    to.on('drain', () => {
      if (!isFull(flow)) from.resume();
    });
    from.on('end', () => {
      isEnded = true;
      this.#send(flow, null);
      this.#step();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!isEnded) to.destroy();
    });
  }

  #send(flow: Flow, bytes: Buffer | null): void {
    const length = bytes?.length ?? 0;
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + length / link.bytesPerMs;
    flow.queuedBytes += length;
    this.#queue.push({ flow, bytes, sentAtMs: this.#freeAtMs });
  }

  #step(): void {
    const now = performance.now();
    for (let next = this.#queue[0]; next && next.sentAtMs <= now; next = this.#queue[0]) {
      this.#queue.shift();
      this.#onTheWay.push(next);
      next.flow.queuedBytes -= next.bytes?.length ?? 0;
      if (!isFull(next.flow)) next.flow.from.resume();
    }
    const arrivedMs = now - link.delayMs;
    for (let next = this.#onTheWay[0]; next && next.sentAtMs <= arrivedMs; next = this.#onTheWay[0]) {
      this.#onTheWay.shift();
      if (next.bytes) next.flow.to.write(next.bytes);
      else next.flow.to.end();
    }
    if (this.#isScheduled || this.#queue.length + this.#onTheWay.length === 0) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#step();
    }, 1);
  }
}

function isFull({ to, queuedBytes }: Flow): boolean {
  return queuedBytes >= link.queueBytes || to.writableNeedDrain;
}

const up = new Direction();
const down = new Direction();
const servers = targets.map((port) =>
  net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, async (near) => {
    near.on('error', () => near.destroy());
    // The kernel has accepted already: this is the round trip of TCP's own handshake.
    if (link.delayMs > 0) await delay(2 * link.delayMs);
    if (near.destroyed) return;
    const far = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    up.carry(near, far);
    down.carry(far, near);
    near.resume();
  }),
);
for (const server of servers) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
process.send?.({ ports: servers.map((server) => (server.address() as AddressInfo).port) });
