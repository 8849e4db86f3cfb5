import { html, type LitElement, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Resource, ResourceLink } from '../elements/resource.js';
import { keyOf } from '../elements/resource-names.js';
import type { LiveEngine } from '../engine/engine-source.js';
import type { Subject } from '../engine/subject.js';
import { focused } from '../focused.js';
import './inspect-tool.js';
import './logs-tool.js';

type Tool = 'logs' | 'console' | 'stats' | 'inspect';

/** What is large comes when somebody wants it. */
const LATER: Partial<Record<Tool, { readonly label: string; readonly load: () => Promise<unknown> }>> = {
  console: { label: 'The console', load: () => import('./container-console.js') },
  stats: { label: 'The charts', load: () => import('./container-stats.js') },
};

/** The tool that stands open beside a list, for one of its rows. */
export class ToolController<R extends Resource> {
  readonly #host: LitElement;
  readonly #kind: Subject['kind'];
  #open: { readonly tool: Tool; readonly row: R } | null = null;
  #error: Error | null = null;
  /** What opened it: who closes it is there again. */
  #opener: HTMLElement | null = null;

  constructor(host: LitElement, kind: Subject['kind']) {
    this.#host = host;
    this.#kind = kind;
  }

  /** Why the last one could not be opened; null: it could. */
  get error(): Error | null {
    return this.#error;
  }

  /** The link that opens it. By default it applies to every row. */
  link(label: string, tool: Tool, appliesTo: (row: R) => boolean = () => true): ResourceLink<R> {
    return { label, appliesTo, open: (row) => void this.#show(tool, row) };
  }

  /** @param rows what the list has now; null: not known yet */
  view(live: LiveEngine, rows: readonly R[] | null): TemplateResult | string {
    if (!this.#open) return '';
    const { tool, row } = this.#open;
    const now = rows?.find((other) => keyOf(other) === keyOf(row));
    const { id, name } = now ?? row;
    const subject: Subject = { kind: this.#kind, id, name };
    // Of services and tasks only managers know, wherever they run.
    const engine = this.#kind === 'container' ? live.engine.of(row) : live.engine;
    // Another row's log is another log, not this one with other words in it.
    return html`${keyed(`${tool} ${keyOf(row)}`, this.#element(tool, { ...live, engine }, subject, rows !== null && !now))}`;
  }

  #element(tool: Tool, live: LiveEngine, subject: Subject, isGone: boolean): TemplateResult {
    const close = () => this.#close();
    switch (tool) {
      case 'logs':
        return html`<fairlead-logs .live=${live} .subject=${subject} .isGone=${isGone}
          @close-tool=${close}></fairlead-logs>`;
      case 'console':
        return html`<fairlead-container-console .live=${live} .subject=${subject} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-console>`;
      case 'stats':
        return html`<fairlead-container-stats .live=${live} .subject=${subject} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-stats>`;
      case 'inspect':
        return html`<fairlead-inspect .live=${live} .subject=${subject} .isGone=${isGone}
          @close-tool=${close}></fairlead-inspect>`;
    }
  }

  async #show(tool: Tool, row: R): Promise<void> {
    const opener = focused(this.#host.ownerDocument);
    this.#opener = opener;
    this.#error = null;
    try {
      await LATER[tool]?.load();
      // Something else was opened meanwhile.
      if (this.#opener !== opener) return;
      this.#open = { tool, row };
    } catch {
      this.#error = new Error(`${LATER[tool]?.label} could not be loaded`);
    }
    this.#host.requestUpdate();
  }

  #close(): void {
    this.#open = null;
    this.#host.requestUpdate();
    this.#opener?.focus();
  }
}
