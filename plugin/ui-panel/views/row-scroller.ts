import type { LitElement, ReactiveController } from 'lit';
import { type ListWindow, windowOf } from '../list-window.js';

const STEPS: Readonly<Record<string, (place: number, page: number) => number>> = {
  ArrowDown: (place) => place + 1,
  ArrowUp: (place) => place - 1,
  PageDown: (place, page) => place + page,
  PageUp: (place, page) => place - page,
  Home: () => 0,
  End: () => Number.POSITIVE_INFINITY,
};

/**
 * A long list in a `.scroller` of its host, of which the rows in sight are in the page. Each is an `li` with
 * `aria-posinset`, as high as `--row-height` says, whose first button takes the focus. Keys go from row to row; who has
 * the focus keeps it while rows move, and the scroller takes it over from a row that goes.
 */
export class RowScroller implements ReactiveController {
  readonly #host: LitElement;
  readonly #count: () => number;
  readonly #sizes = new ResizeObserver(() => this.#measure());
  #scroller: HTMLElement | null = null;
  #view = { scrollTop: 0, height: 600, rowHeight: 76 };
  /** What had the focus before an update. */
  #focused: HTMLElement | null = null;
  /** The place of the row that gets the focus once it is there. */
  #goal: number | null = null;

  constructor(host: LitElement, count: () => number) {
    this.#host = host;
    this.#count = count;
    host.addController(this);
  }

  get window(): ListWindow {
    return windowOf(this.#count(), this.#view);
  }

  hostDisconnected(): void {
    this.#sizes.disconnect();
    this.#scroller = null;
  }

  hostUpdate(): void {
    const { activeElement } = this.#host.renderRoot as ShadowRoot;
    this.#focused =
      activeElement instanceof HTMLElement && activeElement.closest('li') ? activeElement : null;
  }

  hostUpdated(): void {
    const scroller = this.#host.renderRoot.querySelector<HTMLElement>('.scroller');
    if (scroller !== this.#scroller) {
      this.#sizes.disconnect();
      this.#scroller = scroller;
      if (scroller) this.#sizes.observe(scroller);
    }
    // A row that moves loses the focus on the way.
    const focused = this.#focused;
    if (focused && focused !== (this.#host.renderRoot as ShadowRoot).activeElement)
      (focused.isConnected ? focused : scroller)?.focus({ preventScroll: true });
    this.#reachGoal();
  }

  /** Listener of `scroll`. */
  readonly scrolled = (): void => {
    this.#readScroll();
    this.#host.requestUpdate();
  };

  /** Listener of `keydown`. */
  readonly pressed = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { scrollTop, height, rowHeight } = this.#view;
    const row = (event.target as HTMLElement).closest('li');
    const place = row ? Number(row.ariaPosInSet) - 1 : Math.ceil(scrollTop / rowHeight) - 1;
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    this.#go(Math.min(this.#count() - 1, Math.max(0, step(place, page))));
  };

  toTop(): void {
    this.#goal = null;
    this.#scroller?.scrollTo({ top: 0 });
  }

  #go(place: number): void {
    const { scrollTop, height, rowHeight } = this.#view;
    const top = place * rowHeight;
    this.#goal = place;
    this.#scroller?.scrollTo({ top: Math.min(top, Math.max(scrollTop, top + rowHeight - height)) });
    this.scrolled();
    this.#reachGoal();
  }

  /** Unless somebody scrolled elsewhere meanwhile. */
  #reachGoal(): void {
    const { first, end } = this.window;
    if (this.#goal === null) return;
    if (this.#goal < first || this.#goal >= end) this.#goal = null;
    const button = this.#host.renderRoot.querySelector<HTMLElement>(
      `li[aria-posinset='${(this.#goal ?? -1) + 1}'] button`,
    );
    if (!button) return;
    this.#goal = null;
    button.focus({ preventScroll: true });
  }

  #readScroll(): void {
    if (!this.#scroller) return;
    const { scrollTop, clientHeight } = this.#scroller;
    this.#view = { ...this.#view, scrollTop, height: clientHeight };
  }

  #measure(): void {
    if (!this.#scroller) return;
    const { rowHeight: before } = this.#view;
    const height = getComputedStyle(this.#scroller).getPropertyValue('--row-height');
    const rowHeight = Number.parseFloat(height) || before;
    // Whoever turns a phone round goes on with the same row.
    if (rowHeight !== before) this.#scroller.scrollTop *= rowHeight / before;
    this.#view = { ...this.#view, rowHeight };
    this.scrolled();
  }
}
