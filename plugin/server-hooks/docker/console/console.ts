import type { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import * as z from 'zod';
import { parseJson } from '../../../../protocol/messages/parse-json.js';
import { codeOf, Problem, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { Logger } from '../../host.js';
import { onAbort } from '../../model/on-abort.js';
import type { TunnelSource } from '../../tunnel/source.js';
import { credentialsEnded, withTunnel } from '../with-tunnel.js';
import { ExecSession, type TerminalSize } from './exec-session.js';
import { HangUp } from './hang-up.js';
import type { ConsoleTarget } from './tickets.js';

export interface ConsoleOptions {
  readonly tunnels: TunnelSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the error of each console that fails. */
  readonly onConsoleFailure?: (error: unknown) => void;
}

/** A text frame from the hub; terminal data uses binary frames. */
type ServerMessage =
  | { type: 'open' }
  | { type: 'exit'; code: number | null }
  | { type: 'error'; code: string; detail: string };

const size = z.int().min(1).max(10_000);
const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('resize'), columns: size, rows: size }),
  z.object({ type: z.enum(['pause', 'resume']) }),
]);
/** Longest text frame that is parsed: parsing megabytes of brackets would block the hub for seconds. */
const MAX_TEXT_BYTES = 1024;

/** Pending output for a slow tab: above the first the engine is paused, below the second it resumes. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;
/** A tab that is silent for two of these intervals is disconnected. */
const PING_MS = 20_000;
/** RFC 6455, section 7.4.1. */
const NORMAL = 1000;
const INTERNAL_ERROR = 1011;

/**
 * Joins a browser's WebSocket with the terminal of an exec instance. Binary frames are terminal bytes in both
 * directions; text frames are JSON: `resize`, `pause` and `resume` from the page, which receives bytes faster than it
 * can show them; `open`, `exit` and `error` from here. Each direction has its own backpressure, so a slow tab slows
 * only itself. Never rejects; resolves when everything has ended.
 */
export async function serveConsole(
  ws: WebSocket,
  target: ConsoleTarget,
  options: ConsoleOptions,
): Promise<void> {
  const { tunnels, clock, logger, onConsoleFailure } = options;
  const disconnect = new AbortController();
  ws.on('error', () => ws.terminate());
  ws.once('close', () => disconnect.abort(problem('client-gone')));
  const stopListening = onAbort(target.ended, () => disconnect.abort(credentialsEnded()));
  const send = (message: ServerMessage) =>
    ws.readyState === WebSocket.OPEN && ws.send(JSON.stringify(message));
  // Read nothing until the terminal is open: input waits in the browser.
  ws.pause();
  const heartbeat = new Heartbeat(ws, clock);
  try {
    await withTunnel(tunnels, target, disconnect, async (call, stop) => {
      const session = new ExecSession(call, target.execId, clock);
      const terminal = await session.start(stop);
      terminal.on('error', () => undefined);
      const hangUp = target.marker === undefined ? null : new HangUp(session, target.marker, clock);
      let code: number | null = null;
      try {
        const cut = () => terminal.destroy();
        stop.addEventListener('abort', cut);
        if (stop.aborted) cut();
        send({ type: 'open' });
        await join(ws, terminal, new Resizes(session), heartbeat);
        stop.removeEventListener('abort', cut);
        stop.throwIfAborted();
        code = await session.exitCode().catch(() => null);
        send({ type: 'exit', code });
        ws.close(NORMAL);
      } finally {
        await hangUp?.end(code !== null);
      }
    });
  } catch (error) {
    onConsoleFailure?.(error);
    const isOurs = error instanceof Problem && !error.isSilent;
    logger.debug({ environment: target.environmentId, code: codeOf(error) }, 'console ended');
    send({ type: 'error', code: codeOf(error), detail: isOurs ? error.message : 'The console was aborted' });
    ws.resume();
    ws.close(INTERNAL_ERROR);
  } finally {
    stopListening();
    heartbeat.stop();
  }
}

/** Resolves when the terminal or the page has ended. */
function join(ws: WebSocket, terminal: Duplex, resizes: Resizes, heartbeat: Heartbeat): Promise<void> {
  return new Promise((resolve) => {
    let pendingBytes = 0;
    let isPaused = false;
    const flow = () => {
      if (isPaused || pendingBytes > HIGH_BYTES) terminal.pause();
      else if (pendingBytes <= LOW_BYTES) terminal.resume();
    };
    ws.on('message', (data: RawData, isBinary: boolean) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      if (!isBinary) {
        const message = parseMessage(bytes);
        if (message?.type === 'resize') resizes.push(message);
        else if (message) isPaused = message.type === 'pause';
        flow();
      } else if (!terminal.writableEnded && !terminal.write(bytes)) ws.pause();
    });
    terminal.on('drain', () => ws.resume());
    terminal.on('data', (chunk: Buffer) => {
      if (ws.readyState !== WebSocket.OPEN) return;
      pendingBytes += chunk.length;
      flow();
      ws.send(chunk, { binary: true }, () => {
        heartbeat.markAlive();
        pendingBytes -= chunk.length;
        flow();
      });
    });
    terminal.once('close', resolve);
    terminal.once('end', () => terminal.end());
    ws.once('close', () => terminal.destroy());
    ws.resume();
    if (ws.readyState !== WebSocket.OPEN) terminal.destroy();
  });
}

function parseMessage(bytes: Buffer): z.infer<typeof clientMessageSchema> | null {
  return clientMessageSchema.safeParse(bytes.length > MAX_TEXT_BYTES ? null : parseJson(bytes)).data ?? null;
}

/** Forwards only the latest size, one at a time: dragging a window sends many. */
class Resizes {
  readonly #session: ExecSession;
  #next: TerminalSize | null = null;
  #isBusy = false;

  constructor(session: ExecSession) {
    this.#session = session;
  }

  push(size: TerminalSize): void {
    this.#next = size;
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#next; next; next = this.#next) {
      this.#next = null;
      // A process that has just ended has no size.
      await this.#session.resize(next).catch(() => undefined);
    }
    this.#isBusy = false;
  }
}

/** Ends a connection whose peer is silent, such as a closed laptop. */
class Heartbeat {
  readonly stop: () => void;
  #isAlive = true;

  constructor(ws: WebSocket, clock: Clock) {
    for (const event of ['pong', 'message'] as const) ws.on(event, () => this.markAlive());
    this.stop = clock.every(PING_MS, () => {
      // A paused socket reads no pongs.
      if (!this.#isAlive && !ws.isPaused) ws.terminate();
      this.#isAlive = ws.isPaused;
      if (ws.readyState === WebSocket.OPEN) ws.ping();
    });
  }

  markAlive(): void {
    this.#isAlive = true;
  }
}
