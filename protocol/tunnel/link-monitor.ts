import type { Http2Session, Http2Stream } from 'node:http2';
import type { Clock } from '../time/clock.js';
import { FlowWindow } from './flow-window.js';
import { TUNNEL } from './tunnel-settings.js';

/** Why a link was closed: no inbound byte for 10 s, or more protocol overhead than its data justifies. */
export type LinkFault = 'silent' | 'flooding';

export interface LinkMonitorOptions {
  readonly session: Http2Session;
  /** The TLS socket; its counters are of plaintext bytes. */
  readonly socket: { readonly bytesRead: number; readonly bytesWritten: number };
  /**
   * The connection below TLS: on a very slow link a TLS record can take longer than 10 s to arrive, and `socket`
   * counts it only then.
   */
  readonly wire: { readonly bytesRead: number };
  readonly clock: Clock;
  /** Called once; the owner then destroys the session. */
  readonly onFault: (fault: LinkFault) => void;
}

const TICK_MS = 250;
/** Delay that a busy event loop may add to the ticks, ms. */
const BUSY_MS = 750;
/**
 * A link is suspect after this time without a byte, ms, and closed if it still is at the next tick. Including the
 * ticks by which its last byte and this check can be late, that is within `deadMs`.
 */
const SUSPECT_MS = TUNNEL.deadMs - BUSY_MS - 3 * TICK_MS;
/** Budget for inbound bytes that are not payload: burst, and bytes added each ms. */
const BUDGET_BURST = 1024 * 1024;
const BUDGET_PER_MS = 64;
/** Added for each stream: the headers of its frames, its end, a reset. */
const BUDGET_PER_STREAM = 256;
/** Added for each chunk of payload: its frame's header (RFC 9113 section 4.1). */
const BUDGET_PER_CHUNK = 9;
/** Added for payload in both directions, as a share of it: window updates, and headers of merged frames. */
const BUDGET_SHARE = 0.02;

/**
 * Watches one open tunnel, on either side: pings every 3 s (never two outstanding), counts any inbound
 * byte as a sign of life, sizes the connection window, and bounds the peer's non-DATA bytes.
 */
export class LinkMonitor {
  readonly #options: LinkMonitorOptions;
  readonly #window = new FlowWindow();
  #cancel: (() => void) | null = null;
  #isPinging = false;
  #isSuspect = false;
  #lastPingMs = 0;
  #lastTickMs = 0;
  #lastInboundMs = 0;
  #lastSampleMs = 0;
  #wireBytes = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Payload since the last tick, and since the last sample of the rate. */
  #payload = 0;
  #sampled = 0;
  #budget = BUDGET_BURST;
  /** Bytes that may still arrive for streams that we reset. */
  #forgiven = 0;
  #streams = 0;
  #streamWindow: number = TUNNEL.streamWindow;

  constructor(options: LinkMonitorOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#cancel) return;
    const { clock, socket, wire } = this.#options;
    this.#lastTickMs = this.#lastInboundMs = this.#lastSampleMs = clock.monotonic();
    this.#wireBytes = wire.bytesRead;
    this.#bytesRead = socket.bytesRead;
    this.#bytesWritten = socket.bytesWritten;
    this.#payload = 0;
    this.#ping(this.#lastTickMs);
    this.#cancel = clock.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Counts the bytes that arrive for a stream, read or not. Call it when the stream opens. */
  watch(stream: Http2Stream): void {
    this.#budget += BUDGET_PER_STREAM;
    this.#streams++;
    let isEnded = false;
    const { push } = stream;
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk) this.#arrived(chunk.length);
      else isEnded ||= !stream.closed && !stream.destroyed;
      return push.call(stream, chunk, encoding);
    };
    stream.once('close', () => {
      this.#streams--;
      // The peer may have sent up to a window before it received the reset.
      if (!isEnded)
        this.#forgiven = Math.min(2 * TUNNEL.maxConnectionWindow, this.#forgiven + this.#streamWindow);
    });
  }

  #arrived(bytes: number): void {
    this.#payload += bytes;
    this.#budget += BUDGET_PER_CHUNK;
    this.#sampled += bytes;
    if (this.#sampled >= this.#window.size / 2) this.#sample(this.#options.clock.monotonic());
  }

  #tick(): void {
    const { clock, socket, wire } = this.#options;
    const now = clock.monotonic();
    const elapsed = now - this.#lastTickMs;
    this.#lastTickMs = now;
    if (wire.bytesRead > this.#wireBytes) this.#lastInboundMs = now;
    this.#wireBytes = wire.bytesRead;
    if (this.#isSilent(now, elapsed)) {
      this.#fault('silent');
      return;
    }
    const received = socket.bytesRead - this.#bytesRead;
    const sent = socket.bytesWritten - this.#bytesWritten;
    this.#bytesRead += received;
    this.#bytesWritten += sent;
    if (this.#isFlooding(received, sent, elapsed)) {
      this.#fault('flooding');
      return;
    }
    this.#sample(now);
    if (now - this.#lastPingMs >= TUNNEL.pingMs || !this.#window.hasEnoughRtts) this.#ping(now);
  }

  #isSilent(now: number, elapsed: number): boolean {
    // After a long pause of our own event loop (a sleeping laptop) the peer's silence is unknown.
    if (elapsed > TUNNEL.deadMs / 2) this.#lastInboundMs = now;
    const wasSuspect = this.#isSuspect;
    this.#isSuspect = now - this.#lastInboundMs >= SUSPECT_MS;
    // Twice in a row: between two ticks the loop reads the bytes that the kernel buffered meanwhile.
    return this.#isSuspect && wasSuspect;
  }

  #isFlooding(received: number, sent: number, elapsed: number): boolean {
    const overhead = received - this.#payload;
    const forgiven = Math.min(this.#forgiven, Math.max(0, overhead));
    this.#forgiven -= forgiven;
    this.#budget = Math.min(
      BUDGET_BURST,
      this.#budget + elapsed * BUDGET_PER_MS + (this.#payload + sent) * BUDGET_SHARE - (overhead - forgiven),
    );
    this.#payload = 0;
    return this.#budget < 0;
  }

  #sample(now: number): void {
    const elapsed = now - this.#lastSampleMs;
    if (elapsed < this.#window.sampleMs) return;
    const { session } = this.#options;
    const size = this.#window.addDelivery(this.#sampled, elapsed);
    this.#sampled = 0;
    this.#lastSampleMs = now;
    if (session.destroyed) return;
    if (size !== null) session.setLocalWindowSize(size);
    this.#sizeStreams();
  }

  /** Applies to all streams, open ones included (SETTINGS_INITIAL_WINDOW_SIZE). */
  #sizeStreams(): void {
    const { session } = this.#options;
    const size = this.#window.streamSize(this.#streams);
    const isWorthSending = size > this.#streamWindow * 1.2 || size < this.#streamWindow * 0.8;
    if (!isWorthSending || session.pendingSettingsAck || session.closed) return;
    this.#streamWindow = size;
    session.settings({ initialWindowSize: size });
  }

  #ping(now: number): void {
    const { session, socket } = this.#options;
    if (this.#isPinging || session.destroyed || session.closed) return;
    this.#lastPingMs = now;
    const before = socket.bytesRead + socket.bytesWritten;
    this.#isPinging = session.ping((error, durationMs) => {
      this.#isPinging = false;
      if (!error) this.#window.addRoundTrip(durationMs, socket.bytesRead + socket.bytesWritten - before);
    });
  }

  #fault(fault: LinkFault): void {
    this.stop();
    this.#options.onFault(fault);
  }
}
