import http from 'node:http';
import type net from 'node:net';
import Docker from 'dockerode';
import { problem } from '../../../protocol/problems/agent.js';
import type { Problem } from '../../../protocol/problems/problem.js';
import type { EngineAddress } from '../config/engine-address.js';
import { within } from './deadline.js';
import { dialEngine } from './dial-engine.js';
import { toEngineError } from './engine-error.js';
import { type EngineFacts, engineFactsOf } from './engine-facts.js';
import { answeredRecord } from './engine-json.js';

const DIAL_DEADLINE_MS = 10_000;
const PING_DEADLINE_MS = 5_000;
const INFO_DEADLINE_MS = 10_000;
const IDLE_MS = 15_000;
/** Largest answer, bytes: several times a list of 20,000 containers with labels. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Longer than any call's deadline. */
const MAX_CALL_MS = 20_000;
const CHECK_MS = 50;

/** The agent's local Docker Engine (or Podman's Docker-compatible socket). */
export class Engine {
  /** Client for single calls. Each call opens a connection; the API version is the engine's own. */
  readonly client: Docker;
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
    const agent = new DialingAgent(() => this.dial());
    // Closes the socket of a silent engine; the actual deadlines are in `call`.
    const options = { protocol: 'http' as const, host: 'engine', port: 80, timeout: IDLE_MS, agent };
    this.client = new Docker(options);
  }

  /**
   * A raw byte pipe to the engine, half-open allowed; 10 s to connect.
   * @throws Problem `engine-unreachable` or `engine-permission`
   */
  dial(): Promise<net.Socket> {
    return dialEngine(this.#address, DIAL_DEADLINE_MS);
  }

  /** Null if the engine answers `/_ping` within 5 s, else the error, as from {@link call}. Never throws. */
  async ping(): Promise<Problem | null> {
    try {
      await this.call(PING_DEADLINE_MS, () => this.client.ping());
      return null;
    } catch (error) {
      return toEngineError(error, this.#address);
    }
  }

  /** Identity of the engine and its Swarm node; null without an answer within 10 s. Never throws. */
  async info(): Promise<EngineFacts | null> {
    try {
      return engineFactsOf(answeredRecord(await this.call(INFO_DEADLINE_MS, () => this.client.info())));
    } catch {
      return null;
    }
  }

  /**
   * One call of {@link client} with a deadline.
   * @throws Problem `engine-timeout`, `engine-refused`, `engine-unreachable` or `engine-permission`
   */
  async call<T>(deadlineMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await within(deadlineMs, run);
    } catch (error) {
      throw toEngineError(error, this.#address);
    }
  }
}

/** Makes dockerode use our dialing, so that sockets and TLS are opened in one place. */
class DialingAgent extends http.Agent {
  readonly #dial: () => Promise<net.Socket>;

  constructor(dial: () => Promise<net.Socket>) {
    super({ keepAlive: false });
    this.#dial = dial;
  }

  override createConnection(...[, callback]: Parameters<http.Agent['createConnection']>): undefined {
    // Node calls back with only an error; its types require a stream as well.
    const done = callback as ((error: Error | null, stream?: net.Socket) => void) | undefined;
    this.#dial().then(
      (socket) => done?.(null, bounded(socket)),
      (error: Error) => done?.(error),
    );
  }
}

/**
 * Destroys a connection with an endless answer: the client buffers the whole answer in memory, even after its
 * caller has given up.
 */
function bounded(socket: net.Socket): net.Socket {
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const isOver = socket.bytesRead > MAX_ANSWER_BYTES || performance.now() - startedMs > MAX_CALL_MS;
    if (isOver)
      socket.destroy(problem('engine-bad-answer', { detail: 'The answer of the engine does not end' }));
  }, CHECK_MS);
  socket.once('close', () => clearInterval(timer));
  return socket;
}
