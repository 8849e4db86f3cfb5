import type { HopResult } from '../../../protocol/hops.js';
import { AGENT_PROBLEMS, type AgentProblemCode } from '../../../protocol/problems/agent.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { AgentConfig } from '../config/read-config.js';
import type { HubClient } from '../hub/client.js';
import type { Logger } from '../log.js';

export interface EnrolmentDoctorOptions {
  readonly config: AgentConfig;
  readonly client: Pick<HubClient, 'postDoctor'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'debug' | 'warn'>;
}

/** Least time between two runs, ms. */
const GAP_MS = 5 * 60_000;

/**
 * Runs the doctor when an enrolment fails, once for each cause, and logs what fails. Reports the last result at the next
 * enrolment, so that an admin sees what the agent met while the hub could not.
 */
export class EnrolmentDoctor {
  readonly #options: EnrolmentDoctorOptions;
  #running: AbortController | null = null;
  #lastCode: string | null = null;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #result: { readonly atMs: number; readonly hops: readonly HopResult[] } | null = null;

  constructor(options: EnrolmentDoctorOptions) {
    this.#options = options;
  }

  /** Watches an enrolment. @throws what it throws */
  async watch(enrolment: () => Promise<void>): Promise<void> {
    try {
      await enrolment();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    void this.#enrolled();
  }

  /** Refusals that the hub alone gives need no doctor: it shows them itself. */
  #failed(error: unknown): void {
    const code = codeOf(error);
    const isPath =
      Object.hasOwn(AGENT_PROBLEMS, code) && code !== ('agent-stopping' satisfies AgentProblemCode);
    if (!isPath || this.#running || code === this.#lastCode) return;
    const now = this.#options.clock.monotonic();
    if (now < this.#notBeforeMs) return;
    this.#notBeforeMs = now + GAP_MS;
    this.#lastCode = code;
    void this.#run().catch((err: unknown) => {
      this.#running = null;
      this.#options.logger.debug({ err }, 'the doctor did not run');
    });
  }

  /** Never throws. */
  async #enrolled(): Promise<void> {
    this.stop();
    this.#lastCode = null;
    const result = this.#result;
    this.#result = null;
    if (!result) return;
    const { client, clock, logger } = this.#options;
    const ageMs = Math.max(0, Math.round(clock.monotonic() - result.atMs));
    // The hub knows the next steps.
    const hops = result.hops.map(({ nextStep: _, ...one }) => one);
    try {
      await client.postDoctor({ ageMs, hops });
    } catch (err) {
      // An older hub has no such call.
      logger.debug({ err }, 'the hub did not accept the result of the doctor');
    }
  }

  /** Ends a run; safe to call twice. */
  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  async #run(): Promise<void> {
    const { config, clock, logger } = this.#options;
    const running = new AbortController();
    this.#running = running;
    // Loaded on demand: most agents never need it.
    const { runDoctor } = await import('./run-doctor.js');
    const hops = await runDoctor(config, { clock, signal: running.signal });
    if (this.#running !== running) return;
    this.#running = null;
    this.#result = { atMs: clock.monotonic(), hops };
    for (const { hop, result, code, text, nextStep } of hops) {
      if (result === 'fail') logger.warn({ code, hop, nextStep }, `doctor: ${text}`);
    }
  }
}
