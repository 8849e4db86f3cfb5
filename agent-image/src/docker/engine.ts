import type net from 'node:net';
import Docker from 'dockerode';
import { problem } from '../../../protocol/problems/agent.js';
import type { Problem } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { EngineAddress } from '../config/engine-address.js';
import { dialEngine } from './dial-engine.js';
import { toEngineError } from './engine-error.js';
import { type EngineFacts, engineFactsOf } from './engine-facts.js';
import { answeredRecord } from './engine-json.js';
import { Modem } from './modem.js';

const DIAL_DEADLINE_MS = 10_000;
const PING_DEADLINE_MS = 5_000;
const INFO_DEADLINE_MS = 10_000;

/** The agent's local Docker Engine (or Podman's Docker-compatible socket). */
export class Engine {
  readonly #address: EngineAddress;
  readonly #clock: Clock;

  constructor(address: EngineAddress, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /**
   * A raw byte pipe to the engine, half-open allowed; 10 s to connect.
   * @throws Problem `engine-unreachable` or `engine-permission`
   */
  dial(): Promise<net.Socket> {
    const late = () =>
      problem('engine-unreachable', {
        detail: `The engine did not accept within ${DIAL_DEADLINE_MS / 1000} s`,
      });
    return this.#within(DIAL_DEADLINE_MS, late, (signal) => dialEngine(this.#address, this.#clock, signal));
  }

  /** Null if the engine answers `/_ping` within 5 s, else the error, as from {@link call}. Never throws. */
  async ping(): Promise<Problem | null> {
    try {
      await this.call(PING_DEADLINE_MS, (client) => client.ping());
      return null;
    } catch (error) {
      return toEngineError(error, this.#address);
    }
  }

  /** Identity of the engine and its Swarm node; null without an answer within 10 s. Never throws. */
  async info(): Promise<EngineFacts | null> {
    try {
      return engineFactsOf(answeredRecord(await this.call(INFO_DEADLINE_MS, (client) => client.info())));
    } catch {
      return null;
    }
  }

  /**
   * Calls the engine's API with a deadline. Each call opens a connection; the API version is the engine's own.
   * @throws Problem `engine-timeout`, `engine-refused`, `engine-unreachable`, `engine-bad-answer`,
   *   `engine-bad-response` or `engine-permission`
   */
  call<T>(deadlineMs: number, run: (client: Docker) => Promise<T>): Promise<T> {
    const late = () =>
      problem('engine-timeout', { detail: `The engine did not answer within ${deadlineMs / 1000} s` });
    return this.#within(deadlineMs, late, (signal) => {
      const modem = new Modem((aborted) => dialEngine(this.#address, this.#clock, aborted), signal);
      return run(new Docker({ modem } as Docker.DockerOptions));
    });
  }

  async #within<T>(
    deadlineMs: number,
    late: () => Problem,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    let cancel = () => {};
    // The race holds also where an answer leaves the call unsettled.
    const overdue = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(deadlineMs, () => {
        deadline.abort(late());
        reject(deadline.signal.reason);
      });
    });
    try {
      return await Promise.race([run(deadline.signal), overdue]);
    } catch (error) {
      throw toEngineError(deadline.signal.aborted ? deadline.signal.reason : error, this.#address);
    } finally {
      cancel();
    }
  }
}
