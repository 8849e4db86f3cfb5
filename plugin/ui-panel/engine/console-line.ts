import { SendQueue } from './send-queue.js';

/** What is said of a console, beside its bytes. */
export interface ConsoleEvents {
  /** The command runs. */
  readonly open: () => void;
  /** Bytes of its terminal; `done` is to be called when they are shown. */
  readonly output: (bytes: Uint8Array, done: () => void) => void;
  /** It is over, for this reason. Once. */
  readonly over: (words: string) => void;
  /** How much of what was typed or pasted waits to be sent; 0 in the end. */
  readonly sending: (waitingBytes: number) => void;
}

/** Output that is not shown yet: above the first the hub is asked to wait, below the second to go on. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;

/** A console's WebSocket: bytes both ways, none faster than its reader. */
export class ConsoleLine {
  readonly #socket: WebSocket;
  readonly #events: ConsoleEvents;
  readonly #queue: SendQueue;
  #unshown = 0;
  #isPaused = false;
  #isOver = false;

  constructor(url: URL, events: ConsoleEvents) {
    this.#socket = new WebSocket(url);
    this.#events = events;
    this.#queue = new SendQueue(this.#socket, events.sending);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#hear(data);
      else this.#show(new Uint8Array(data));
    });
    this.#socket.addEventListener('close', () => this.#end('The connection is gone'));
  }

  type(bytes: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#say({ type: 'resize', columns, rows });
  }

  /** Safe to call twice; says nothing more. */
  close(): void {
    this.#isOver = true;
    this.#queue.stop();
    this.#socket.close();
  }

  #hear(text: string): void {
    const { type, code, detail }: { type: string; code?: unknown; detail?: unknown } = JSON.parse(text);
    if (type === 'open') this.#events.open();
    else if (type === 'exit') this.#end(`Ended with code ${String(code)}`);
    else if (type === 'error') this.#end(String(detail));
  }

  #show(bytes: Uint8Array): void {
    this.#unshown += bytes.length;
    if (!this.#isPaused && this.#unshown > HIGH_BYTES) this.#pause(true);
    this.#events.output(bytes, () => {
      this.#unshown -= bytes.length;
      if (this.#isPaused && this.#unshown < LOW_BYTES) this.#pause(false);
    });
  }

  #pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#say({ type: isPaused ? 'pause' : 'resume' });
  }

  #end(words: string): void {
    this.#queue.stop();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.over(words);
  }

  #say(said: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(said));
  }
}
