import net from 'node:net';
import type { Duplex } from 'node:stream';
import { backoffMs } from '../../protocol/time/backoff.js';
import type { Clock } from '../../protocol/time/clock.js';
import { joinStreams } from '../../protocol/tunnel/join-streams.js';
import { answerUnavailable } from './answer-unavailable.js';

export interface ForwarderDeps {
  /** Opens a connection to the Docker port. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when the Docker port is not reached any more, and when it is again. */
  readonly onReachable: (error: Error | undefined) => void;
  /** How long a client waits for a hub that is away, ms. Default: 8 s. */
  readonly dialMs?: number;
}

/** Where to listen: a unix socket for this user only, or a port of the loopback. */
export type ListenAddress = { readonly path: string } | { readonly port: number };

const BACKOFF = { firstMs: 200, maxMs: 2_000 };
const DIAL_MS = 8_000;

/** Forwards local connections to the Docker port of an environment, each with a connection of its own. */
export class Forwarder {
  readonly #deps: ForwarderDeps;
  readonly #server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    void this.#forward(socket);
  });
  readonly #sockets = new Set<net.Socket>();
  readonly #stopped = new AbortController();
  #isReachable = true;

  constructor(deps: ForwarderDeps) {
    this.#deps = deps;
  }

  /** Resolves with the address in the form of `DOCKER_HOST`. */
  async start(address: ListenAddress): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.once('listening', resolve);
      if ('port' in address) this.#server.listen({ port: address.port, host: '127.0.0.1' });
      else {
        // Node binds before it returns, so that the socket never has wider permissions.
        const former = process.umask(0o177);
        this.#server.listen({ path: address.path });
        process.umask(former);
      }
    });
    const bound = this.#server.address();
    return typeof bound === 'string' ? `unix://${bound}` : `tcp://127.0.0.1:${bound?.port}`;
  }

  /** Removes the socket, and ends all connections. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #forward(local: net.Socket): Promise<void> {
    this.#sockets.add(local);
    local.on('error', () => undefined);
    local.once('close', () => this.#sockets.delete(local));
    try {
      await joinStreams(local, await this.#dial());
    } catch (error) {
      answerUnavailable(local, error instanceof Error ? error.message : String(error));
    }
  }

  /** Dials until it succeeds, or `dialMs` pass. @throws the last error */
  async #dial(): Promise<Duplex> {
    const { dial, clock, random, dialMs = DIAL_MS } = this.#deps;
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    // Not `AbortSignal.any`: on Node 20 it never forgets what it was called for.
    this.#stopped.signal.addEventListener('abort', stop, { once: true });
    const cancelDeadline = clock.after(dialMs, () =>
      attempt.abort(new Error(`no answer within ${dialMs / 1_000} s`)),
    );
    let last: Error | undefined;
    try {
      for (let failures = 0; ; failures += 1) {
        try {
          const remote = await dial(attempt.signal);
          this.#report(undefined);
          return remote;
        } catch (error) {
          // The deadline's own error says less than the one before.
          if (last === undefined || !attempt.signal.aborted) last = error as Error;
          if (!this.#stopped.signal.aborted) this.#report(last);
          if (attempt.signal.aborted) throw last;
        }
        await pause(clock, backoffMs(BACKOFF, failures, random), attempt.signal);
      }
    } finally {
      cancelDeadline();
      this.#stopped.signal.removeEventListener('abort', stop);
    }
  }

  #report(error: Error | undefined): void {
    const isReachable = error === undefined;
    if (this.#isReachable !== isReachable) this.#deps.onReachable(error);
    this.#isReachable = isReachable;
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
