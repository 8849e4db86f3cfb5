import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Problem, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { BulkPipe } from '../../../../protocol/tunnel/bulk-pipe.js';
import type { LinkMonitor } from '../../../../protocol/tunnel/link-monitor.js';
import { StreamSocket } from '../../../../protocol/tunnel/stream-socket.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import type { BulkConnection, BulkConnections } from '../bulk/connections.js';
import type { ResetBudget } from './reset-budget.js';

/**
 * What a pipe to the engine is for: one call; several small ones, one after the other; or one that may move much, by a bulk
 * connection if there is one.
 */
export type PipeUse = 'single' | 'kept' | 'bulk';

export interface EngineStreamsOptions {
  readonly http2: ClientHttp2Session;
  readonly monitor: LinkMonitor;
  readonly resets: ResetBudget;
  readonly bulk: BulkConnections | null;
  readonly clock: Clock;
  /** Of the tunnel; its reason is a Problem. */
  readonly closed: AbortSignal;
  /** Ends a stream that is only kept; false if there is none. */
  readonly giveWay: () => boolean;
  /** Asks the agent to reset the stream of that id. */
  readonly askForReset: (id: number | undefined) => void;
}

const { NGHTTP2_CONNECT_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL } = constants;

const CONNECT = { ':method': 'CONNECT', ':authority': TUNNEL.engineAuthority };
const KEPT_CONNECT = { ...CONNECT, [TUNNEL.keptHeader]: '1' };

/** The byte pipes of one tunnel to its engine, each a CONNECT stream. */
export class EngineStreams {
  readonly #options: EngineStreamsOptions;
  readonly #streams = new Set<ClientHttp2Stream>();

  constructor(options: EngineStreamsOptions) {
    this.#options = options;
  }

  /**
   * Opens a byte pipe to the engine.
   * @throws Problem `engine-unreachable` (502), `dial-timeout` (504), `too-many-streams` (503),
   *   `tunnel-lost` (502), `tunnel-closed` (503)
   */
  dial(use: PipeUse): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const { clock, monitor, resets, closed, http2 } = this.#options;
      if (this.#streams.size >= TUNNEL.maxStreams && !this.#options.giveWay()) throw tooManyStreams();
      if (closed.aborted) throw closed.reason;
      const connection = use === 'bulk' ? (this.#options.bulk?.take() ?? null) : null;
      const stream = this.#request(use, connection);
      this.#streams.add(stream);
      const cancel = clock.after(TUNNEL.dialMs, () => {
        reject(problem('dial-timeout'));
        resets.cancel(stream);
      });
      monitor.watch(stream);
      stream.once('response', (headers) => {
        cancel();
        if (headers[':status'] === 200) resolve(this.#pipe(stream, connection, headers[TUNNEL.bulkHeader]));
        else stream.close(NGHTTP2_CONNECT_ERROR);
      });
      stream.once('close', () => {
        this.#streams.delete(stream);
        cancel();
        // A GOAWAY refuses streams as well.
        const code = http2.closed ? NGHTTP2_CANCEL : (stream.rstCode ?? NGHTTP2_CANCEL);
        reject(closed.aborted ? closed.reason : dialError(code));
      });
      stream.on('error', () => undefined);
    });
  }

  /** Destroys them all. */
  destroy(error: Error): void {
    for (const stream of this.#streams) stream.destroy(error);
  }

  #pipe(stream: ClientHttp2Stream, connection: BulkConnection | null, answered: unknown): Duplex {
    const socket = new StreamSocket(stream, (error) => this.#reset(stream, error));
    if (!connection) return socket;
    if (answered !== String(connection.number)) {
      connection.release('broken');
      return socket;
    }
    return new BulkPipe({
      control: socket,
      connection: connection.socket,
      onRelease: (state) => connection.release(state),
      clock: this.#options.clock,
    });
  }

  /** Resets a stream; beyond the reset budget, asks the agent to reset it. */
  #reset(stream: ClientHttp2Stream, error: Error | null): void {
    if (this.#options.resets.spend())
      stream.destroy(error ?? new Error('The rest of the answer was discarded'));
    else this.#options.askForReset(stream.id);
  }

  #request(use: PipeUse, connection: BulkConnection | null): ClientHttp2Stream {
    const headers = use === 'kept' ? KEPT_CONNECT : CONNECT;
    try {
      const stream = this.#options.http2.request(
        connection ? { ...headers, [TUNNEL.bulkHeader]: String(connection.number) } : headers,
      );
      // Without an answer nothing has used the connection, or the agent has reset it.
      let isAnswered = false;
      stream.once('response', ({ ':status': status }) => {
        isAnswered = status === 200;
      });
      stream.once('close', () => {
        if (!isAnswered)
          connection?.release(stream.rstCode === NGHTTP2_CONNECT_ERROR ? 'reusable' : 'broken');
      });
      return stream;
    } catch (cause) {
      connection?.release('reusable');
      // Thrown after GOAWAY or on a destroyed session.
      throw problem('tunnel-lost', { cause });
    }
  }
}

function dialError(code: number): Problem {
  switch (code) {
    case NGHTTP2_CONNECT_ERROR:
      return problem('engine-unreachable');
    case NGHTTP2_REFUSED_STREAM:
      return tooManyStreams();
    default:
      return problem('tunnel-lost');
  }
}

function tooManyStreams(): Problem {
  return problem('too-many-streams', { retryAfterSeconds: 1 });
}
