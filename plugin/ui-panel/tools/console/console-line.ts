import { SendQueue } from './send-queue.js';

/** Events of a console, including its output. */
export interface ConsoleEvents {
  /** The command is running. */
  readonly open: () => void;
  /** Terminal output; call `done` when it is shown. */
  readonly output: (bytes: Uint8Array, done: () => void) => void;
  /** Called once when it ends, with the reason. */
  readonly over: (reason: string) => void;
  /** Bytes of typed or pasted input still to be sent; 0 at the end. */
  readonly sending: (waitingBytes: number) => void;
}

/** Output not shown yet: above the first the hub is asked to pause, below the second to resume. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;

/** A console's WebSocket: bytes both ways, with back pressure. */
export class ConsoleLine {
  readonly #socket: WebSocket;
  readonly #events: ConsoleEvents;
  readonly #queue: SendQueue;
  #pendingBytes = 0;
  #isPaused = false;
  #isOver = false;

  constructor(url: URL, events: ConsoleEvents) {
    this.#socket = new WebSocket(url);
    this.#events = events;
    this.#queue = new SendQueue(this.#socket, events.sending);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#receive(data);
      else this.#show(new Uint8Array(data));
    });
    this.#socket.addEventListener('close', () => this.#end('Disconnected'));
  }

  type(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#send({ type: 'resize', columns, rows });
  }

  /** Safe to call twice; no events follow. */
  close(): void {
    this.#isOver = true;
    this.#queue.stop();
    this.#socket.close();
  }

  #receive(text: string): void {
    const { type, code, detail }: { type: string; code?: unknown; detail?: unknown } = JSON.parse(text);
    if (type === 'open') this.#events.open();
    else if (type === 'exit') this.#end(`Exited with code ${String(code)}`);
    else if (type === 'error') this.#end(String(detail));
  }

  #show(bytes: Uint8Array): void {
    this.#pendingBytes += bytes.length;
    if (!this.#isPaused && this.#pendingBytes > HIGH_BYTES) this.#pause(true);
    this.#events.output(bytes, () => {
      this.#pendingBytes -= bytes.length;
      if (this.#isPaused && this.#pendingBytes < LOW_BYTES) this.#pause(false);
    });
  }

  #pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#send({ type: isPaused ? 'pause' : 'resume' });
  }

  #end(reason: string): void {
    this.#queue.stop();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.over(reason);
  }

  #send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
