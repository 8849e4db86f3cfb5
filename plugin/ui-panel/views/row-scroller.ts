import type { LitElement, ReactiveController } from 'lit';
import { type ListWindow, windowOf } from './list-window.js';

const STEPS: Readonly<Record<string, (index: number, page: number) => number>> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index, page) => index + page,
  PageUp: (index, page) => index - page,
  Home: () => 0,
  End: () => Number.POSITIVE_INFINITY,
};

/**
 * A long list in the host's `.scroller` that renders only visible rows. Each is an `li` with `aria-posinset` and the
 * height `--row-height`; its first button gets the focus. Keys move between rows. A focused row keeps the focus when it
 * moves; the scroller gets it when the row is removed.
 */
export class RowScroller implements ReactiveController {
  readonly #host: LitElement;
  readonly #count: () => number;
  readonly #sizes = new ResizeObserver(() => this.#measure());
  #scroller: HTMLElement | null = null;
  #view = { scrollTop: 0, height: 600, rowHeight: 76 };
  /** Focused element before an update. */
  #focused: HTMLElement | null = null;
  /** Index of the row to focus once it is rendered. */
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
    // A moved row has lost the focus.
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
    const index = row ? Number(row.ariaPosInSet) - 1 : Math.ceil(scrollTop / rowHeight) - 1;
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    this.#go(Math.min(this.#count() - 1, Math.max(0, step(index, page))));
  };

  toTop(): void {
    this.#goal = null;
    this.#scroller?.scrollTo({ top: 0 });
  }

  #go(index: number): void {
    const { scrollTop, height, rowHeight } = this.#view;
    const top = index * rowHeight;
    this.#goal = index;
    this.#scroller?.scrollTo({ top: Math.min(top, Math.max(scrollTop, top + rowHeight - height)) });
    this.scrolled();
    this.#reachGoal();
  }

  /** Gives up if the row was scrolled out of view. */
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
    // Keep the same row when a phone is rotated.
    if (rowHeight !== before) this.#scroller.scrollTop *= rowHeight / before;
    this.#view = { ...this.#view, rowHeight };
    this.scrolled();
  }
}
