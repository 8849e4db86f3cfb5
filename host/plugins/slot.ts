import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import { Problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { LoadedPlugin } from './load-plugin.js';
import type { PluginManifest } from './manifest.js';

/** State of a plugin. `failed`: it did not start, or did not stop. */
export type PluginState = 'off' | 'starting' | 'on' | 'stopping' | 'failed';

/** Deadlines of a plugin, ms. */
export interface SlotDeadlines {
  readonly startMs: number;
  readonly stopMs: number;
}

const defaultDeadlines: SlotDeadlines = { startMs: 60_000, stopMs: 8_000 };

/**
 * A plugin's slot in the host. It can be enabled and disabled while the host runs; enabling creates a new plugin. A
 * disabled slot passes everything on. A failing plugin affects its slot, not the host.
 */
export class PluginSlot {
  readonly manifest: PluginManifest;
  readonly #create: () => Promise<LoadedPlugin>;
  readonly #deadlines: SlotDeadlines;
  readonly #clock: Clock;
  #plugin: LoadedPlugin | null = null;
  #state: PluginState = 'off';
  #problem: Error | null = null;
  #tunnelPort: number | null = null;
  #dockerPort: number | null = null;
  #lastStep: Promise<unknown> = Promise.resolve();

  /** @param create loads and creates the plugin; may reject */
  constructor(
    manifest: PluginManifest,
    create: () => Promise<LoadedPlugin>,
    clock: Clock,
    deadlines: SlotDeadlines = defaultDeadlines,
  ) {
    this.#clock = clock;
    this.manifest = manifest;
    this.#create = create;
    this.#deadlines = deadlines;
  }

  get state(): PluginState {
    return this.#state;
  }

  /** Why the state is `failed`, else null. */
  get problem(): Error | null {
    return this.#problem;
  }

  /** The port that agents dial, while the plugin runs. */
  get tunnelPort(): number | null {
    return this.#tunnelPort;
  }

  /** The port of Docker clients with certificates; null if there is none. */
  get dockerPort(): number | null {
    return this.#dockerPort;
  }

  /** Codes of current problems for the operator. */
  get problemCodes(): readonly string[] {
    return this.#plugin?.problems?.() ?? [];
  }

  /** Place it before anything that reads bodies: the plugin streams them. */
  readonly routes: Middleware = async (ctx, next) => {
    if (!this.#plugin) return next();
    let passedOn: unknown;
    const others = () =>
      next().catch((error: unknown) => {
        passedOn = error;
        throw error;
      });
    try {
      await this.#plugin.routes(ctx, others);
    } catch (error) {
      throw error === passedOn ? error : escaped(error);
    }
  };

  /** @returns false if the request is not a check-in, or the plugin does not run; it is then untouched */
  checkIn(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): boolean {
    return this.#plugin?.checkIn?.(req, res) ?? false;
  }

  /** @returns false if it is not a check-in, or the plugin does not run; the exchange is then untouched */
  answerCheckIn(head: CheckInHead, exchange: CheckInExchange): boolean {
    return this.#plugin?.answerCheckIn?.(head, exchange) ?? false;
  }

  /** @returns false if the socket was not accepted */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    try {
      return this.#plugin?.upgrade(req, socket, head) ?? false;
    } catch (error) {
      throw escaped(error);
    }
  }

  /** Starts the plugin, which answers nothing before. Never rejects: see {@link problem}. */
  enable(): Promise<void> {
    return this.#step(async () => {
      if (this.#plugin) return;
      this.#setState('starting');
      let plugin: LoadedPlugin | null = null;
      try {
        plugin = await this.#within(this.#deadlines.startMs, this.#create(), 'loading');
        const ports = await this.#within(this.#deadlines.startMs, plugin.start(), 'start');
        this.#tunnelPort = ports.tunnelPort;
        this.#dockerPort = ports.dockerPort ?? null;
        this.#plugin = plugin;
        this.#setState('on');
      } catch (error) {
        // Clean up a partial start; its error matters more than that of the stop.
        await this.#stop(plugin).catch(() => undefined);
        this.#setState('failed', error);
      }
    });
  }

  /** Stops the plugin, if it runs. Never rejects: see {@link problem}. */
  disable(): Promise<void> {
    return this.#step(async () => {
      const plugin = this.#plugin;
      this.#plugin = null;
      this.#tunnelPort = null;
      this.#dockerPort = null;
      this.#setState('stopping');
      await this.#stop(plugin).then(
        () => this.#setState('off'),
        (error: unknown) => this.#setState('failed', error),
      );
    });
  }

  async #stop(plugin: LoadedPlugin | null): Promise<void> {
    if (plugin) await this.#within(this.#deadlines.stopMs, plugin.stop(), 'stop');
  }

  /** The result of `work`, or a rejection after `ms`. It does not cancel the work. */
  async #within<T>(ms: number, work: Promise<T>, name: string): Promise<T> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(ms, () => reject(new Error(`${name} took more than ${ms / 1000} s`)));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  /** One at a time, in order. */
  #step(work: () => Promise<void>): Promise<void> {
    const step = this.#lastStep.then(work);
    this.#lastStep = step;
    return step;
  }

  #setState(state: PluginState, problem: unknown = null): void {
    this.#state = state;
    this.#problem = problem === null || problem instanceof Error ? problem : new Error(String(problem));
  }
}

/** An error that a plugin should have answered itself. Its Problems are not the host's: their texts are not for callers. */
function escaped(error: unknown): unknown {
  return error instanceof Problem ? new Error('a plugin failed', { cause: error }) : error;
}
