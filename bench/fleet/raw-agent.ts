import tls from 'node:tls';
import { signRequest } from '../../protocol/crypto/request-signature.js';
import { agentOf } from '../lab/many-environments.js';

const PATH = '/agent/check-in';
const EMPTY = Buffer.alloc(0);
const CRLF2 = Buffer.from('\r\n\r\n');

/** What the agents of one process have in common. */
export interface FleetLoad {
  readonly port: number;
  /** Seconds a check-in offers to wait; 0: a plain one. */
  readonly waitSeconds: number;
  /** Called with the time from the request to its whole answer, ms. */
  readonly onAnswer: (ms: number) => void;
  /** @param refusal the hub's answer; null: there was none */
  readonly onFailure: (reason: string, refusal: Refusal | null) => void;
}

/** An answer that is not a success. */
export interface Refusal {
  readonly status: number;
  /** 0: the hub did not say. */
  readonly retryAfterMs: number;
}

/**
 * One agent of a large fleet: a TLS connection and the bytes of its check-ins. The real agent would cost the generator
 * more than the hub, so this one writes and reads HTTP/1.1 itself.
 */
export class RawAgent {
  readonly #load: FleetLoad;
  readonly #environmentId: number;
  readonly #instanceId: string;
  readonly #secret: Buffer;
  #socket: tls.TLSSocket | null = null;
  #etag = '';
  #lastMs = 0;
  #sentMs = 0;
  #isWaiting = false;
  #received: Buffer = EMPTY;
  #onFirst: (() => void) | null = null;
  #hasAnswered = false;
  #hasHeld = false;

  constructor(environmentId: number, load: FleetLoad) {
    const { instanceId, secret } = agentOf(environmentId);
    this.#environmentId = environmentId;
    this.#instanceId = instanceId;
    this.#secret = secret;
    this.#load = load;
  }

  /** Whether a check-in is under way. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * Connects and checks in; resolves with the first good answer.
   * @param onTcp called when TCP is connected
   */
  connect(onTcp: () => void = () => undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: this.#load.port,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      });
      this.#socket = socket;
      this.#onFirst = resolve;
      socket.setNoDelay(true);
      socket.once('connect', onTcp);
      socket.once('secureConnect', () => this.checkIn());
      socket.on('data', (chunk) => this.#read(chunk));
      socket.on('error', (error) => {
        this.#load.onFailure(error.message, null);
        reject(error);
      });
      socket.once('close', () => {
        this.#load.onFailure('a connection closed', null);
        reject(new Error('closed'));
      });
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  /** Sends a check-in, unless one is under way. */
  checkIn(): void {
    if (!this.#socket || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#lastMs = Math.max(this.#lastMs + 1, Date.now());
    const claim = { environmentId: this.#environmentId, instanceId: this.#instanceId, timeMs: this.#lastMs };
    const authorization = signRequest(this.#secret, claim, { method: 'GET', path: PATH, body: EMPTY });
    const prefer = this.#etag === '' ? '' : this.#preference();
    const match = this.#etag === '' ? '' : `If-None-Match: ${this.#etag}\r\n`;
    this.#sentMs = performance.now();
    this.#socket.write(
      `GET /edge${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n${match}${prefer}\r\n`,
      'latin1',
    );
  }

  /** The first hold has a length of its own: the holds of a fleet end evenly spread. */
  #preference(): string {
    const { waitSeconds } = this.#load;
    if (waitSeconds === 0) return '';
    const seconds = this.#hasHeld ? waitSeconds : 1 + (this.#environmentId % waitSeconds);
    this.#hasHeld = true;
    return `Prefer: wait=${seconds}\r\n`;
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(CRLF2);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    this.#received = EMPTY;
    const status = head.slice(9, 12);
    if (status !== '200' && status !== '304') {
      const retryAfterMs = Number(/^retry-after: *(\d+)/im.exec(head)?.[1] ?? 0) * 1_000;
      this.#load.onFailure(`a check-in was answered ${status}`, { status: Number(status), retryAfterMs });
      return;
    }
    this.#isWaiting = false;
    this.#hasAnswered = true;
    this.#etag = /^etag: *(\S+)/im.exec(head)?.[1] ?? this.#etag;
    this.#load.onAnswer(performance.now() - this.#sentMs);
    this.#onFirst?.();
    this.#onFirst = null;
    if (this.#load.waitSeconds > 0) this.checkIn();
  }
}
