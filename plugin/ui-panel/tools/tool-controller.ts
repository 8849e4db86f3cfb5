import './inspect/inspect-tool.js';
import './logs/logs-tool.js';
import { html, type LitElement, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { keyOf, type Resource, type ResourceLink } from '../elements/resource-list/resource.js';
import type { LiveEngine } from '../engine/source.js';
import type { Subject } from './subject.js';

type Tool = 'logs' | 'console' | 'stats' | 'inspect';

/** The tools for the rows of a list. */
export interface RowTools<R extends Resource> {
  readonly kind: Subject['kind'];
  readonly links: readonly {
    /** A noun, such as `Logs`. */
    readonly label: string;
    readonly tool: Tool;
    /** Default: to every row. */
    readonly appliesTo?: (row: R) => boolean;
  }[];
}

/** Large tools, loaded on first use. */
const LAZY: Partial<Record<Tool, { readonly label: string; readonly load: () => Promise<unknown> }>> = {
  console: { label: 'The console', load: () => import('./console/console-tool.js') },
  stats: { label: 'The charts', load: () => import('./stats/stats-tool.js') },
};

/** The tool open next to a list, for one of its rows. */
export class ToolController<R extends Resource> {
  readonly #host: LitElement;
  #open: { readonly tool: Tool; readonly row: R } | null = null;
  #error: Error | null = null;
  /** The opener; focus returns to it on close. */
  #opener: HTMLElement | null = null;

  constructor(host: LitElement) {
    this.#host = host;
  }

  /** Why the last tool could not be opened; null: no error. */
  get error(): Error | null {
    return this.#error;
  }

  /** Links that open the tools. */
  links({ links }: RowTools<R>): readonly ResourceLink<R>[] {
    return links.map(({ label, tool, appliesTo = () => true }) => ({
      label,
      appliesTo,
      open: (row) => void this.#show(tool, row),
    }));
  }

  /** @param rows the list's current rows; null: not known yet */
  view({ kind }: RowTools<R>, live: LiveEngine, rows: readonly R[] | null): TemplateResult | string {
    if (!this.#open) return '';
    const { tool, row } = this.#open;
    const now = rows?.find((other) => keyOf(other) === keyOf(row));
    const { id, name } = now ?? row;
    const subject: Subject = { kind, id, name };
    // Only managers know services and tasks, wherever they run.
    const engine = kind === 'container' ? live.engine.of(row) : live.engine;
    // Create a new element for another row.
    return html`${keyed(`${tool} ${keyOf(row)}`, this.#element(tool, { ...live, engine }, subject, rows !== null && !now))}`;
  }

  #element(tool: Tool, live: LiveEngine, subject: Subject, isRemoved: boolean): TemplateResult {
    const close = () => this.#close();
    switch (tool) {
      case 'logs':
        return html`<fairlead-logs .live=${live} .subject=${subject} .isRemoved=${isRemoved}
          @close-tool=${close}></fairlead-logs>`;
      case 'console':
        return html`<fairlead-container-console .live=${live} .subject=${subject} .isRemoved=${isRemoved}
          @close-tool=${close}></fairlead-container-console>`;
      case 'stats':
        return html`<fairlead-container-stats .live=${live} .subject=${subject} .isRemoved=${isRemoved}
          @close-tool=${close}></fairlead-container-stats>`;
      case 'inspect':
        return html`<fairlead-inspect .live=${live} .subject=${subject} .isRemoved=${isRemoved}
          @close-tool=${close}></fairlead-inspect>`;
    }
  }

  async #show(tool: Tool, row: R): Promise<void> {
    const opener = focused(this.#host.ownerDocument);
    this.#opener = opener;
    this.#error = null;
    try {
      await LAZY[tool]?.load();
      // Something else was opened meanwhile.
      if (this.#opener !== opener) return;
      this.#open = { tool, row };
    } catch {
      this.#error = new Error(`${LAZY[tool]?.label} could not be loaded`);
    }
    this.#host.requestUpdate();
  }

  #close(): void {
    this.#open = null;
    this.#host.requestUpdate();
    this.#opener?.focus();
  }
}

/** The focused element, across shadow trees. */
export function focused(root: DocumentOrShadowRoot): HTMLElement | null {
  const { activeElement } = root;
  if (!(activeElement instanceof HTMLElement)) return null;
  return activeElement.shadowRoot ? (focused(activeElement.shadowRoot) ?? activeElement) : activeElement;
}
