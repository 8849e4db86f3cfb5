import http from 'node:http';
import type net from 'node:net';
import Docker from 'dockerode';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { EngineAddress } from '../engine-address.js';
import { within } from './deadline.js';
import { dialEngine } from './dial-engine.js';
import { toEngineError } from './engine-error.js';
import { type EngineFacts, engineFactsOf } from './engine-facts.js';
import { answeredRecord } from './untrusted.js';

const DIAL_DEADLINE_MS = 10_000;
const PING_DEADLINE_MS = 5_000;
const INFO_DEADLINE_MS = 10_000;
const IDLE_MS = 15_000;
/** Most of one answer, bytes: some times what 20,000 containers with their labels come to. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Longer than any call's deadline. */
const MAX_CALL_MS = 20_000;
const CHECK_MS = 50;

/** The Docker Engine (or Podman's Docker-compatible socket) beside the agent. */
export class Engine {
  /** Client for single calls. Each call dials anew; the API version is the engine's own. */
  readonly client: Docker;
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
    const agent = new DialingAgent(() => this.dial());
    // A silent engine ends the request's socket too; deadlines proper are in `call`.
    const options = { protocol: 'http' as const, host: 'engine', port: 80, timeout: IDLE_MS, agent };
    this.client = new Docker(options);
  }

  /**
   * A raw byte pipe to the engine, half-open allowed; 10 s to connect.
   * @throws EdgeError `engine-unreachable` or `engine-permission`
   */
  dial(): Promise<net.Socket> {
    return dialEngine(this.#address, DIAL_DEADLINE_MS);
  }

  /** Why the engine does not answer `/_ping` within 5 s, as {@link call} throws it; null where it does. Never throws. */
  async ping(): Promise<EdgeError | null> {
    try {
      await this.call(PING_DEADLINE_MS, () => this.client.ping());
      return null;
    } catch (error) {
      return toEngineError(error, this.#address);
    }
  }

  /** Identity of the engine and its Swarm node, or null while it does not answer within 10 s. Never throws. */
  async info(): Promise<EngineFacts | null> {
    try {
      return engineFactsOf(answeredRecord(await this.call(INFO_DEADLINE_MS, () => this.client.info())));
    } catch {
      return null;
    }
  }

  /**
   * One call of {@link client} with a deadline.
   * @throws EdgeError `engine-timeout`, `engine-refused`, `engine-unreachable` or `engine-permission`
   */
  async call<T>(deadlineMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await within(deadlineMs, run);
    } catch (error) {
      throw toEngineError(error, this.#address);
    }
  }
}

/** Gives dockerode our way of dialing, so that sockets and TLS are opened in one place. */
class DialingAgent extends http.Agent {
  readonly #dial: () => Promise<net.Socket>;

  constructor(dial: () => Promise<net.Socket>) {
    super({ keepAlive: false });
    this.#dial = dial;
  }

  override createConnection(...[, callback]: Parameters<http.Agent['createConnection']>): undefined {
    // Node calls back with an error alone; its types ask for a stream beside it.
    const done = callback as ((error: Error | null, stream?: net.Socket) => void) | undefined;
    this.#dial().then(
      (socket) => done?.(null, bounded(socket)),
      (error: Error) => done?.(error),
    );
  }
}

/**
 * Ends a connection whose answer has no end: the client keeps all of an answer in memory, and goes on when nobody
 * waits for it any more.
 */
function bounded(socket: net.Socket): net.Socket {
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const isOver = socket.bytesRead > MAX_ANSWER_BYTES || performance.now() - startedMs > MAX_CALL_MS;
    if (isOver) socket.destroy(new EdgeError('engine-bad-answer', 'The engine answers without an end'));
  }, CHECK_MS);
  socket.once('close', () => clearInterval(timer));
  return socket;
}
