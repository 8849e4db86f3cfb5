import { css, html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Subscription } from '../../elements/controllers/subscription.js';
import { tick } from '../../elements/controllers/tick.js';
import { defineElement } from '../../elements/define-element.js';
import type { EngineEvent } from '../../engine/model/event.js';
import { type EngineSource, hubNow } from '../../engine/source.js';
import { ago, dateTime, isTime } from '../../format/time.js';
import { styles } from '../../styles/shared.js';
import { type EventFilter, findEvents, typesOf } from './event-filter.js';

/** Events shown: keeps rendering cheap at any rate. */
const SHOWN = 100;

/** An engine's events, live, newest first. */
export class EventListElement extends LitElement {
  static override properties = {
    source: { attribute: false },
    filter: { state: true },
    paused: { state: true },
  };
  static override styles = [
    styles,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 0.6rem;
        align-items: end;
      }
      ol {
        list-style: none;
        margin: 0.8rem 0;
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      li {
        display: grid;
        grid-template-columns: 11rem 6rem 12rem minmax(0, 1fr);
        gap: 0 1rem;
        padding: 0.4rem 0.8rem;
        overflow-wrap: anywhere;
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      li > * {
        min-width: 0;
      }
      .what {
        font-weight: 600;
      }
      time {
        font-variant-numeric: tabular-nums;
      }
      @media (max-width: 56rem) {
        li {
          grid-template-columns: minmax(0, 1fr) minmax(0, auto);
        }
        li > :nth-child(n + 3) {
          grid-column: 1 / -1;
        }
        .since {
          text-align: right;
        }
      }
    `,
  ];
  declare source: EngineSource;
  declare private filter: EventFilter;
  /** Null: live. */
  declare private paused: readonly EngineEvent[] | null;

  constructor() {
    super();
    this.filter = { type: '', search: '' };
    this.paused = null;
    tick(this);
    new Subscription(this, () => this.#follow());
  }

  override render(): TemplateResult {
    if (!('feed' in this.source))
      return html`<h3>Events</h3><p class="notice">A snapshot has no events: only a connected engine has them.</p>`;
    const all = this.paused ?? this.source.feed.recent;
    const nowMs = hubNow(this.source);
    const found = findEvents(all, this.filter, SHOWN);
    return html`
      <div class="bar">
        <h3>Events</h3>
        <div class="filters">
          <label>Type
            <select @change=${(event: Event) => this.#find({ type: inputOf(event) })}>
              <option value="">All</option>
              ${typesOf(all).map((type) => html`<option value=${type} ?selected=${type === this.filter.type}>${type}</option>`)}
            </select>
          </label>
          <label>Filter <input type="search" autocomplete="off" @input=${(event: Event) => this.#find({ search: inputOf(event) })}></label>
          <button type="button" aria-pressed=${this.paused !== null} @click=${() => this.#pause()}>Pause</button>
        </div>
      </div>
      ${
        found.length > 0
          ? html`<ol aria-label="Events, newest first">${repeat(
              found,
              ({ number }) => number,
              (event) => eventView(event, nowMs),
            )}</ol>`
          : html`<p class="notice">${all.length > 0 ? 'No events match.' : 'No events in the past hour.'}</p>`
      }
      ${found.length === SHOWN ? html`<p class="soft">Newest ${SHOWN} only.</p>` : ''}
    `;
  }

  #follow(): () => void {
    if (!('feed' in this.source)) return () => {};
    return this.source.feed.subscribe(() => {
      if (this.paused === null) this.requestUpdate();
    });
  }

  #find(change: Partial<EventFilter>): void {
    this.filter = { ...this.filter, ...change };
  }

  #pause(): void {
    this.paused = this.paused || !('feed' in this.source) ? null : this.source.feed.recent;
  }

  /** Render once a frame: there may be thousands of events a second. */
  override async scheduleUpdate(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await super.scheduleUpdate();
  }
}

function eventView(event: EngineEvent, nowMs: number): TemplateResult {
  const { type, action, name, id, detail, timeMs, node } = event;
  const time = isTime(timeMs) ? new Date(timeMs).toISOString() : '';
  return html`<li>
    <time datetime=${time}>${dateTime(timeMs)}</time>
    <span class="soft since">${time === '' ? '' : ago(time, nowMs)}</span>
    <span><span class="soft">${type}</span> <span class="what">${action}</span></span>
    <span>${name || id.slice(0, 19)}${node ? html` <span class="soft">on ${node.name}</span>` : ''}${detail ? html` <span class="soft">${detail}</span>` : ''}</span>
  </li>`;
}

function inputOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

defineElement('fairlead-event-list', EventListElement);
