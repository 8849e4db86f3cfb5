import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../plugin/server-hooks/host.js';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import type { DataFile } from '../data-file.js';
import { panelOf } from './panel-files.js';
import type { PluginSlot, PluginState } from './slot.js';

/** A plugin as shown to an admin. */
export interface PluginView {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly mount: string;
  /** URL of its panel's module on this host, and the element it defines; null without one. */
  readonly panel: { readonly module: string; readonly element: string } | null;
  /** The admin's choice; the state follows. */
  readonly enabled: boolean;
  readonly state: PluginState;
  /** One line, while the state is `failed`; else null. */
  readonly problem: string | null;
  /** Its code, if any: `store-newer`, `EADDRINUSE`. */
  readonly code: string | null;
  readonly tunnelPort: number | null;
  readonly dockerPort: number | null;
}

/** The plugins of a host. The admin's choices survive a restart. */
export class PluginRegistry {
  readonly #slots: readonly PluginSlot[];
  readonly #data: DataFile;
  readonly #logger: Logger;

  constructor(slots: readonly PluginSlot[], data: DataFile, logger: Logger) {
    this.#slots = slots;
    this.#data = data;
    this.#logger = logger;
  }

  get slots(): readonly PluginSlot[] {
    return this.#slots;
  }

  /** Starts all enabled plugins. A failed one is logged and does not affect the others. */
  async start(): Promise<void> {
    for (const slot of this.#slots) if (this.#isWanted(slot)) await this.#apply(slot, true);
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => this.#apply(slot, false)));
  }

  list(): PluginView[] {
    return this.#slots.map((slot) => this.#view(slot));
  }

  /** The plugins that failed. */
  get failures(): PluginView[] {
    return this.list().filter(({ problem }) => problem !== null);
  }

  /** Codes of current problems in running plugins. */
  get problemCodes(): string[] {
    return this.#slots.flatMap(({ problemCodes }) => problemCodes);
  }

  /**
   * Enables or disables a plugin, or retries a failed one. The choice is on disk before it applies.
   * @returns the plugin's new state, or null for an unknown id
   */
  async setEnabled(id: string, enabled: boolean): Promise<PluginView | null> {
    const slot = this.#slots.find(({ manifest }) => manifest.id === id);
    if (!slot) return null;
    await this.#data.update((state) => {
      const others = state.disabledPlugins.filter((other) => other !== id);
      return { ...state, disabledPlugins: enabled ? others : [...others, id] };
    });
    await this.#apply(slot, enabled);
    return this.#view(slot);
  }

  /** @returns false if no plugin answers the request without the host's middleware */
  checkIn(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): boolean {
    return this.#slots.some((slot) => slot.checkIn(req, res));
  }

  /** @returns false if no plugin answers it */
  answerCheckIn(head: CheckInHead, exchange: CheckInExchange): boolean {
    return this.#slots.some((slot) => slot.answerCheckIn(head, exchange));
  }

  /** @returns false if no plugin accepted the socket */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.#slots.some((slot) => slot.upgrade(req, socket, head));
  }

  async #apply(slot: PluginSlot, enabled: boolean): Promise<void> {
    await (enabled ? slot.enable() : slot.disable());
    const { manifest, state, problem } = slot;
    if (problem) this.#logger.error({ plugin: manifest.id, err: problem }, 'a plugin failed');
    else this.#logger.info({ plugin: manifest.id, state }, 'plugin state changed');
  }

  #isWanted(slot: PluginSlot): boolean {
    return !this.#data.current.disabledPlugins.includes(slot.manifest.id);
  }

  #view(slot: PluginSlot): PluginView {
    const { manifest, state, problem, tunnelPort, dockerPort } = slot;
    const { id, name, version, mount } = manifest;
    const reason = problem && (problem.message.split('\n')[0] ?? '').slice(0, 500);
    const code: unknown = Object(problem).code;
    return {
      id,
      name,
      version,
      mount,
      panel: panelOf(manifest),
      enabled: this.#isWanted(slot),
      state,
      problem: reason,
      code: typeof code === 'string' ? code : null,
      tunnelPort,
      dockerPort,
    };
  }
}
