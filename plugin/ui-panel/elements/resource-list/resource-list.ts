import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { errorNotice } from '../../format/error.js';
import { resourceListStyles } from '../../styles/resource-list.js';
import { styles } from '../../styles/shared.js';
import { askToConfirm } from '../confirm-dialog.js';
import { defineElement } from '../define-element.js';
import { ActedEvent } from './acted-event.js';
import { ActionRunner } from './action-runner.js';
import { type Arrangement, arrange } from './arrange.js';
import { outcomesView } from './outcomes-view.js';
import {
  type Column,
  keyOf,
  type Resource,
  type ResourceAction,
  type ResourceLink,
  type ResourceTask,
  titleOf,
} from './resource.js';

/** Rows per page: an engine may have ten thousand. */
const PAGE = 200;
const NODE: Column<Resource> = {
  title: 'Node',
  track: 'minmax(4rem, 10rem)',
  cell: ({ node }) => node?.name ?? '',
  order: ({ node }) => node?.name ?? '',
};

/**
 * A table of one kind of resource: filter, order, and actions on one row or many, with their outcomes. Destructive
 * actions ask first and list the items. Dispatches `ActedEvent` after each action.
 */
export class ResourceListElement<R extends Resource = Resource> extends LitElement {
  static override properties = {
    noun: { attribute: false },
    rows: { attribute: false },
    error: { attribute: false },
    columns: { attribute: false },
    actions: { attribute: false },
    links: { attribute: false },
    arrangement: { state: true },
    limit: { state: true },
    selected: { state: true },
  };
  static override styles = [styles, resourceListStyles];
  /** Singular and plural, such as `['container', 'containers']`. */
  declare noun: readonly [string, string];
  /** Null: not known yet. */
  declare rows: readonly R[] | null;
  /** Why the rows are not up to date. */
  declare error: Error | null;
  declare columns: readonly Column<R>[];
  /** Empty: rows cannot be selected. */
  declare actions: readonly ResourceAction<R>[];
  declare links: readonly ResourceLink<R>[];
  declare private arrangement: Arrangement;
  /** Rows shown. */
  declare private limit: number;
  /** Keys of rows. */
  declare private selected: ReadonlySet<string>;
  readonly #runner = new ActionRunner<R>(() => this.requestUpdate());

  constructor() {
    super();
    this.rows = null;
    this.error = null;
    this.actions = [];
    this.links = [];
    this.arrangement = { search: '', column: 0, isDown: false };
    this.limit = PAGE;
    this.selected = new Set();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') || this.selected.size === 0) return;
    const known = new Set(this.rows?.map(keyOf));
    this.selected = new Set([...this.selected].filter((key) => known.has(key)));
  }

  override render(): TemplateResult {
    const { rows, noun, error } = this;
    return html`
      ${errorNotice(error)}
      ${rows ? this.#all(rows) : error ? '' : html`<p class="soft" role="status">Loading ${noun[1]} …</p>`}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #all(rows: readonly R[]): TemplateResult {
    const [one, many] = this.noun;
    const found = arrange(rows, this.#columns, this.arrangement);
    const total = `${rows.length} ${rows.length === 1 ? one : many}`;
    return html`
      <div class="bar">
        <slot><span class="soft" role="status">${found.length === rows.length ? total : `${found.length} of ${total}`}</span></slot>
        <label class="filter">Filter
          <input type="search" autocomplete="off"
            @input=${(event: InputEvent) => this.#arrange({ search: (event.target as HTMLInputElement).value })}>
        </label>
      </div>
      ${this.#bulk(found)}
      ${this.#runner.outcomes.map((outcomes) => outcomesView(outcomes, () => this.#runner.dismiss(outcomes)))}
      ${found.length > 0 ? this.#table(found) : html`<p class="notice">${rows.length > 0 ? `No ${many} match.` : `There are no ${many}.`}</p>`}
    `;
  }

  /** With a column for nodes if rows have them. */
  get #columns(): readonly Column<R>[] {
    return this.rows?.some(({ node }) => node) ? [...this.columns, NODE] : this.columns;
  }

  #table(found: readonly R[]): TemplateResult {
    const canSelect = this.actions.length > 0;
    const hasTools = this.links.length > 0 || this.actions.some(({ isQuick }) => isQuick);
    const tracks = [
      // Includes the row's padding.
      canSelect ? '2rem' : '',
      ...this.#columns.map(({ track }) => track),
      hasTools ? 'fit-content(19rem)' : '',
    ];
    const hidden = found.length - this.limit;
    return html`<div role="table" class=${canSelect ? '' : 'readonly'} aria-label=${this.noun[1]}
        aria-rowcount=${found.length + 1} .style=${`--tracks: ${tracks.join(' ')}`}>
      <div role="row" class="head">
        ${canSelect ? html`<span role="columnheader">${this.#selectAll(found)}</span>` : ''}
        ${this.#columns.map((column, index) => this.#heading(column, index))}
        ${hasTools ? html`<span role="columnheader"><span class="unseen">Actions</span></span>` : ''}
      </div>
      ${repeat(
        found.slice(0, this.limit),
        keyOf,
        (
          row,
          index,
        ) => html`<div role="row" aria-rowindex=${index + 2} data-name=${row.name} data-node=${row.node?.name ?? ''}>
          ${canSelect ? html`<span role="cell">${this.#checkbox(row)}</span>` : ''}
          ${this.#columns.map(({ title, cell }) => html`<span role="cell" data-title=${title}>${cell(row)}</span>`)}
          ${hasTools ? html`<span role="cell" class="tools">${this.#tools(row)}</span>` : ''}
        </div>`,
      )}
    </div>
    ${hidden > 0 ? html`<p><button type="button" @click=${() => this.#more()}>Show ${Math.min(PAGE, hidden)} more of ${hidden}</button></p>` : ''}`;
  }

  #selectAll(found: readonly R[]): TemplateResult {
    const count = found.filter((row) => this.selected.has(keyOf(row))).length;
    return html`<input type="checkbox" aria-label=${`Select all ${found.length}`} .checked=${count > 0 && count === found.length}
      .indeterminate=${count > 0 && count < found.length} @change=${(event: Event) => this.#select(found, event)}>`;
  }

  #checkbox(row: R): TemplateResult {
    return html`<input type="checkbox" aria-label=${`Select ${titleOf(row)}`} .checked=${this.selected.has(keyOf(row))}
      @change=${(event: Event) => this.#select([row], event)}>`;
  }

  #heading({ title, order }: Column<R>, column: number): TemplateResult {
    if (!order) return html`<span role="columnheader">${title}</span>`;
    const isOrder = this.arrangement.column === column;
    const isDown = isOrder && this.arrangement.isDown;
    return html`<span role="columnheader" aria-sort=${isOrder ? (isDown ? 'descending' : 'ascending') : 'none'}>
      <button type="button" @click=${() => this.#arrange({ column, isDown: isOrder && !isDown })}>
        ${title} <span aria-hidden="true">${isOrder ? (isDown ? '↓' : '↑') : ''}</span>
      </button>
    </span>`;
  }

  #tools(row: R): TemplateResult {
    const isBusy = this.#runner.isBusy(row);
    return html`
      ${this.actions
        .filter(({ isQuick, appliesTo }) => isQuick && appliesTo(row))
        .map(
          (
            action,
          ) => html`<button type="button" aria-label=${`${action.label} ${titleOf(row)}`} ?disabled=${isBusy}
            @click=${() => void this.#act(action, [row])}>${action.label}</button>`,
        )}
      ${this.links
        .filter(({ appliesTo }) => appliesTo(row))
        .map(
          ({ label, open }) =>
            html`<button type="button" aria-label=${`${label} of ${titleOf(row)}`} @click=${() => open(row)}>${label}</button>`,
        )}
    `;
  }

  #bulk(found: readonly R[]): TemplateResult | string {
    const chosen = found.filter((row) => this.selected.has(keyOf(row)));
    if (chosen.length === 0) return '';
    return html`<div class="bulk bar" role="group" aria-label="Bulk actions">
      <span role="status">${chosen.length} selected</span>
      <span class="tools">${this.actions.map((action) => {
        const applicable = chosen.filter(action.appliesTo);
        return html`<button type="button" ?disabled=${applicable.length === 0} @click=${() => void this.#act(action, applicable)}>
          ${action.label}${applicable.length === chosen.length ? '' : ` (${applicable.length})`}
        </button>`;
      })}</span>
    </div>`;
  }

  async #act(action: ResourceAction<R>, rows: readonly R[]): Promise<void> {
    const end = await this.#runner.run(action, rows, (...details) => this.#ask(action, ...details));
    if (end !== 'skipped') this.dispatchEvent(new ActedEvent(end === 'done'));
  }

  #ask(
    { label, confirm }: ResourceAction<R>,
    count: number,
    tasks: readonly ResourceTask[],
  ): Promise<ReadonlySet<string> | null> {
    const [one, many] = this.noun;
    const title = `${label} ${count === 1 ? `this ${one}` : `${count} ${many}`}?`;
    const names = tasks.map(titleOf);
    return askToConfirm(this.renderRoot, { ...confirm, title, names, confirm: label });
  }

  #select(rows: readonly R[], event: Event): void {
    const { checked } = event.target as HTMLInputElement;
    const selected = new Set(this.selected);
    for (const row of rows) selected[checked ? 'add' : 'delete'](keyOf(row));
    this.selected = selected;
  }

  #arrange(change: Partial<Arrangement>): void {
    this.arrangement = { ...this.arrangement, ...change };
    this.limit = PAGE;
  }

  #more(): void {
    this.limit += PAGE;
  }
}

defineElement('fairlead-resource-list', ResourceListElement);
