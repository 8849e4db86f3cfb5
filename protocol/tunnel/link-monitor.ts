import type { Http2Session } from 'node:http2';
import type { Clock } from '../clock.js';
import { FlowWindow } from './flow-window.js';
import { TUNNEL } from './tunnel-settings.js';

/** Why a link was given up: no inbound byte for 10 s, or more protocol chatter than the data warrants. */
export type LinkFault = 'silent' | 'flooding';

/** What a {@link LinkMonitor} watches and tells. */
export interface LinkMonitorOptions {
  readonly session: Http2Session;
  /** The TLS socket below: its counters are of clear bytes. */
  readonly socket: { readonly bytesRead: number; readonly bytesWritten: number };
  /** Payload bytes that streams have received so far; what exceeds it inbound is protocol. */
  readonly dataBytesReceived: () => number;
  readonly clock: Clock;
  /** Called once; the owner then destroys the session. */
  readonly onFault: (fault: LinkFault) => void;
}

const TICK_MS = 250;
/**
 * Bytes of the budget for what comes in and is not payload of an open stream. As large as the largest
 * window, because what was in flight for a stream we reset counts here too.
 */
const BUDGET_BURST = TUNNEL.maxConnectionWindow;
const BUDGET_PER_MS = 64;
/** Frames' heads and window updates that honest traffic brings, as a share of its bytes. */
const BUDGET_SHARE = 0.1;

/**
 * Watches one open tunnel, on either side: pings every 3 s (never two outstanding), takes any inbound
 * byte as life, sizes the connection window, and bounds the peer's non-DATA bytes.
 */
export class LinkMonitor {
  readonly #options: LinkMonitorOptions;
  readonly #window = new FlowWindow();
  #cancel: (() => void) | null = null;
  #pinging = false;
  #lastPingMs = 0;
  #lastTickMs = 0;
  #lastInboundMs = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #dataBytes = 0;
  #budget = BUDGET_BURST;

  constructor(options: LinkMonitorOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#cancel) return;
    const { clock, socket, dataBytesReceived } = this.#options;
    this.#lastTickMs = this.#lastInboundMs = clock.monotonic();
    this.#bytesRead = socket.bytesRead;
    this.#bytesWritten = socket.bytesWritten;
    this.#dataBytes = dataBytesReceived();
    this.#ping(this.#lastTickMs);
    this.#cancel = clock.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #tick(): void {
    const { clock, socket, dataBytesReceived, session } = this.#options;
    const now = clock.monotonic();
    const elapsed = now - this.#lastTickMs;
    const received = socket.bytesRead - this.#bytesRead;
    const sent = socket.bytesWritten - this.#bytesWritten;
    const data = dataBytesReceived() - this.#dataBytes;
    this.#lastTickMs = now;
    this.#bytesRead += received;
    this.#bytesWritten += sent;
    this.#dataBytes += data;

    if (received > 0) this.#lastInboundMs = now;
    // A loop that was itself away for long (a sleeping laptop) has no say about the peer's silence.
    if (elapsed > TUNNEL.deadMs / 2) this.#lastInboundMs = now;
    if (now - this.#lastInboundMs >= TUNNEL.deadMs - TICK_MS) {
      this.#fault('silent');
      return;
    }

    this.#budget = Math.min(
      BUDGET_BURST,
      this.#budget + elapsed * BUDGET_PER_MS + (data + sent) * BUDGET_SHARE - (received - data),
    );
    if (this.#budget < 0) {
      this.#fault('flooding');
      return;
    }

    const size = this.#window.addDelivery(received, elapsed);
    if (size !== null && !session.destroyed) session.setLocalWindowSize(size);
    if (now - this.#lastPingMs >= TUNNEL.pingMs) this.#ping(now);
  }

  #ping(now: number): void {
    const { session } = this.#options;
    if (this.#pinging || session.destroyed || session.closed) return;
    this.#lastPingMs = now;
    this.#pinging = session.ping((error, durationMs) => {
      this.#pinging = false;
      if (!error) this.#window.addRoundTrip(durationMs);
    });
  }

  #fault(fault: LinkFault): void {
    this.stop();
    this.#options.onFault(fault);
  }
}
