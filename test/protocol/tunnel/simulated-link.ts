import type { FlowWindow } from '../../../protocol/tunnel/flow-window.js';

export interface SimulatedLink {
  readonly mbit: number;
  /** Round trip of an empty link, ms. */
  readonly rttMs: number;
  /** How much later than due a turn of the receiver's event loop comes, ms; default never. */
  readonly lateMs?: (() => number) | undefined;
}

/** What TLS delivers at a time (RFC 8446 section 5.1). */
const RECORD = 16 * 1024;

/**
 * A transfer without end over a link with one queue, in steps of a millisecond: the sender sends what it was
 * granted, and the receiver grants more when half of its window was used, as nghttp2 does.
 */
export class SimulatedTransfer {
  readonly #window: FlowWindow;
  readonly #link: SimulatedLink;
  /** On their way: what arrives when. */
  readonly #grants: { atMs: number; bytes: number }[] = [];
  readonly #records: { atMs: number; bytes: number }[] = [];
  #nowMs = 0;
  #credit: number;
  #linkFreeMs = 0;
  #size: number;
  #consumed = 0;
  #sampled = 0;
  #sampledAtMs = 0;
  #pingAtMs = 3_000;
  #awayUntilMs = 0;
  /** Bytes that arrived so far. */
  received = 0;

  constructor(window: FlowWindow, link: SimulatedLink) {
    this.#window = window;
    this.#link = link;
    this.#size = this.#credit = window.size;
    window.addRoundTrip(link.rttMs, 0);
  }

  /** Bytes a millisecond at most. */
  get rate(): number {
    return this.#link.mbit * 125;
  }

  /** How long a key waits behind what is on its way, ms. */
  get queueMs(): number {
    return Math.max(0, this.#linkFreeMs - this.#nowMs);
  }

  /** Lets so much time pass. */
  run(ms: number): void {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs; this.#nowMs++) this.#step();
  }

  #step(): void {
    const now = this.#nowMs;
    const wayMs = this.#link.rttMs / 2;
    this.#credit += take(this.#grants, now);
    for (; this.#credit >= RECORD; this.#credit -= RECORD) {
      this.#linkFreeMs = Math.max(this.#linkFreeMs, now) + RECORD / this.rate;
      this.#records.push({ atMs: this.#linkFreeMs + wayMs, bytes: RECORD });
    }
    if (now < this.#awayUntilMs) return;
    this.#awayUntilMs = now + (this.#link.lateMs?.() ?? 0);
    this.#arrived(take(this.#records, now));
    if (now - this.#sampledAtMs >= 250) this.#sample();
    if (now >= this.#pingAtMs) {
      this.#pingAtMs = now + 3_000;
      this.#window.addRoundTrip(this.#link.rttMs + this.queueMs, this.rate * this.queueMs);
    }
  }

  #arrived(bytes: number): void {
    const wayMs = this.#link.rttMs / 2;
    for (let left = bytes; left > 0; left -= RECORD) {
      this.received += RECORD;
      this.#consumed += RECORD;
      this.#sampled += RECORD;
      if (this.#consumed >= this.#size / 2) {
        this.#grants.push({ atMs: this.#nowMs + wayMs, bytes: this.#consumed });
        this.#consumed = 0;
      }
      if (this.#sampled >= this.#window.size / 2) this.#sample();
    }
  }

  #sample(): void {
    if (this.#nowMs - this.#sampledAtMs < this.#window.sampleMs) return;
    const size = this.#window.addDelivery(this.#sampled, this.#nowMs - this.#sampledAtMs);
    this.#sampled = 0;
    this.#sampledAtMs = this.#nowMs;
    if (size === null) return;
    // A smaller window is granted less from now on.
    if (size < this.#size) this.#consumed -= this.#size - size;
    else this.#grants.push({ atMs: this.#nowMs + this.#link.rttMs / 2, bytes: size - this.#size });
    this.#size = size;
  }
}

function take(queue: { atMs: number; bytes: number }[], now: number): number {
  let bytes = 0;
  for (let next = queue[0]; next && next.atMs <= now; next = queue[0]) {
    bytes += next.bytes;
    queue.shift();
  }
  return bytes;
}
