import { Agent, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../../protocol/time/clock.js';
import { endStream } from './end-stream.js';

export interface EngineAgentOptions {
  /** Opens a stream to the engine. @param isKept it may carry several calls, one after the other */
  readonly dial: (isKept: boolean) => Promise<Duplex>;
  readonly clock: Clock;
  /** How long an unused stream is kept, ms. */
  readonly keepMs: number;
}

/** Unused streams kept at a time. */
const MAX_UNUSED = 16;

/** A stream that may carry several calls. */
interface KeptStream {
  readonly stream: Duplex;
  isUnused: boolean;
  /** Monotonic ms at which its last call ended. */
  sinceMs: number;
  /** Whether the engine sent more than the answer. What the connection carries next cannot be trusted. */
  isSpoiled: boolean;
}

/**
 * `http.Agent` over the streams of one tunnel. A stream whose call ended regularly is kept for the next call for a short
 * time, so that it costs neither a `CONNECT` nor a connection to the engine.
 *
 * Only requests that can be repeated use kept streams: the engine may close a connection while a request is on its way
 * (`request.reusedSocket` is set; repeat it). All others get a stream of their own.
 */
export class EngineAgent extends Agent {
  readonly #options: EngineAgentOptions;
  /** Oldest first; the youngest is used first. */
  readonly #unused: KeptStream[] = [];
  #cancel: (() => void) | null = null;
  #isDestroyed = false;

  constructor(options: EngineAgentOptions) {
    super({ keepAlive: true });
    this.#options = options;
  }

  /** Called by Node for each request. */
  addRequest(request: ClientRequest): void {
    const isKept = isRepeatable(request);
    const stream = isKept ? this.#take() : undefined;
    if (stream) {
      request.reusedSocket = true;
      request.onSocket(stream as Socket);
      return;
    }
    // Sent as `Connection: close`.
    if (!isKept) request.shouldKeepAlive = false;
    this.#options.dial(isKept).then(
      (opened) => {
        if (isKept) this.#watch({ stream: opened, isUnused: false, sinceMs: 0, isSpoiled: false });
        // A request that was aborted meanwhile frees its connection.
        else opened.once('free', () => this.#end(opened));
        request.onSocket(opened as Socket);
      },
      (error: Error) => fail(request, error),
    );
  }

  /** Ends the oldest unused stream; false if there is none. */
  giveWay(): boolean {
    const oldest = this.#unused[0];
    if (!oldest) return false;
    this.#drop(oldest);
    this.#end(oldest.stream);
    return true;
  }

  /** Keeps no stream from now on. Streams in use are the tunnel's. */
  override destroy(): void {
    this.#isDestroyed = true;
    this.#cancel?.();
    this.#cancel = null;
    while (this.giveWay());
  }

  #watch(kept: KeptStream): void {
    const { stream } = kept;
    // Node emits it after an exchange that left the connection intact.
    stream.on('free', () => {
      if (isIntact(stream) && !kept.isSpoiled && !this.#isDestroyed) this.#keep(kept);
      else this.#end(stream);
    });
    stream.on('error', () => undefined);
    stream.on('data', () => {
      if (this.#drop(kept)) stream.destroy();
      else if (!isParsed(stream)) kept.isSpoiled = true;
    });
    stream.on('end', () => {
      if (this.#drop(kept)) this.#end(stream);
    });
    stream.on('close', () => this.#drop(kept));
  }

  #keep(kept: KeptStream): void {
    kept.isUnused = true;
    kept.sinceMs = this.#options.clock.monotonic();
    this.#unused.push(kept);
    if (this.#unused.length > MAX_UNUSED) this.giveWay();
    this.#cancel ??= this.#options.clock.after(this.#options.keepMs, () => this.#expire());
  }

  #take(): Duplex | undefined {
    for (let kept = this.#unused.pop(); kept; kept = this.#unused.pop()) {
      kept.isUnused = false;
      // Its `close` comes a turn after it was destroyed.
      if (!kept.stream.destroyed) return kept.stream;
    }
    return undefined;
  }

  /** Whether it was unused. */
  #drop(kept: KeptStream): boolean {
    if (!kept.isUnused) return false;
    kept.isUnused = false;
    this.#unused.splice(this.#unused.indexOf(kept), 1);
    return true;
  }

  /** One timer for all, so that a call starts none. */
  #expire(): void {
    const { clock, keepMs } = this.#options;
    const now = clock.monotonic();
    while (this.#unused[0] && now - this.#unused[0].sinceMs >= keepMs) this.giveWay();
    const oldest = this.#unused[0];
    this.#cancel = oldest ? clock.after(oldest.sinceMs + keepMs - now, () => this.#expire()) : null;
  }

  #end(stream: Duplex): void {
    endStream(stream, this.#options.clock);
  }
}

function isRepeatable(request: ClientRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  return !request.hasHeader('upgrade') && !request.hasHeader('expect') && !hasBody(request);
}

function hasBody(request: ClientRequest): boolean {
  return request.hasHeader('transfer-encoding') || request.hasHeader('content-length');
}

/** Whether Node reads an answer from it. Node detaches its parser at the end of the answer, which may be unread yet. */
function isParsed(stream: Duplex & { parser?: unknown }): boolean {
  return stream.parser != null;
}

function isIntact(stream: Duplex): boolean {
  return stream.writable && stream.readable && !stream.readableEnded && stream.readableLength === 0;
}

/** Node reports the error of a request that has no connection only this way. */
function fail(request: ClientRequest, error: Error): void {
  const { onSocket }: { onSocket: (socket: Socket, error?: Error) => void } = request;
  onSocket.call(request, null as unknown as Socket, error);
}
