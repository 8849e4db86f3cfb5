import '../../elements/find-bar.js';
import './pane.js';
import { css, html, type TemplateResult } from 'lit';
import { defineElement } from '../../elements/define-element.js';
import { listSwarm } from '../../engine/list-swarm.js';
import { findPattern } from '../../format/highlight.js';
import { EngineToolElement } from '../engine-tool.js';
import type { LogLine } from './decoder.js';
import { LogDownload } from './download.js';
import { LogFollower, type LogState } from './follower.js';
import { allLines, type LineList, LogLines, matchingLines } from './lines.js';
import { logText } from './log-text.js';
import { LogSearch } from './search.js';
import { TaskNames } from './task-names.js';

const TAILS = ['100', '500', '2000', '10000', 'all'] as const;
/** Lines kept while following; the oldest are dropped. */
const KEPT = 20_000;
/** Lines kept while scrolled up: nothing is dropped, and the engine buffers the rest. */
const HELD = 40_000;
/** Time between renders: keeps the page responsive. */
const SHOW_MS = 100;
const LABELS = {
  opening: 'Opening …',
  live: 'Live',
} as const;
const ENDED_LABELS = {
  container: 'Ended; continues when the container starts',
  service: 'Ended; continues when the service changes',
  task: 'Ended',
} as const;

/** The log of a container, a service or a task as it grows. */
export class LogsToolElement extends EngineToolElement {
  static override styles = [
    ...EngineToolElement.styles,
    css`
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 0.6rem 1rem;
        align-items: end;
        margin: 0.6rem 0;
      }
      .choices > .check {
        min-height: 2.25rem;
      }
      fairlead-find-bar {
        flex: 1 1 18rem;
      }
      select {
        width: auto;
      }
      .counts {
        margin: 0.4rem 0 0;
        font-size: 0.85rem;
      }
    `,
  ];
  static override properties = {
    tail: { state: true },
    isFollowing: { state: true },
    isFiltered: { state: true },
    hasTimes: { state: true },
    current: { state: true },
  };
  protected readonly noun = 'Log';
  declare private tail: string;
  declare private isFollowing: boolean;
  /** Whether only matching lines are shown. */
  declare private isFiltered: boolean;
  declare private hasTimes: boolean;
  /** The current match. */
  declare private current: { readonly number: number } | null;
  #lines = new LogLines();
  #rest: readonly LogLine[] = [];
  #search = new LogSearch(this.#lines);
  #follower: LogFollower | null = null;
  /** Whether reading has stopped until a reconnect or a new start. */
  #hasStopped = false;
  readonly #names = new TaskNames(
    async () => (await listSwarm(this.live.engine)).tasks,
    () => this.requestUpdate(),
  );
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Resumes reading; null: not paused. */
  #resume: (() => void) | null = null;
  readonly #download = new LogDownload(this);

  constructor() {
    super();
    this.tail = TAILS[1];
    this.isFollowing = true;
    this.isFiltered = false;
    this.hasTimes = false;
    this.current = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#follower?.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#resume?.();
  }

  override render(): TemplateResult {
    const { numbers, pattern } = this.#search;
    const current = this.current;
    const place = current && pattern ? numbers.indexOf(current.number) + 1 : 0;
    const tools = html`
      ${this.#hasStopped ? html`<button type="button" @click=${() => this.#follower?.start()}>Reconnect</button>` : ''}
      <button type="button" aria-pressed=${this.isFollowing} @click=${() => this.#follow(!this.isFollowing)}>Follow</button>
      <button type="button" @click=${() => (this.#download.isRunning ? this.#download.cancel() : this.#save())}>${this.#download.isRunning ? 'Cancel download' : 'Download'}</button>`;
    return this.frame(
      tools,
      html`<div class="choices">
          <fairlead-find-bar label="Find in the lines" .count=${pattern ? numbers.length : null} .place=${place || null}
            @find=${(event: CustomEvent<string>) => this.#find(event.detail)}
            @find-step=${(event: CustomEvent<1 | -1>) => this.#step(event.detail)}></fairlead-find-bar>
          ${this.#check('Matching lines only', this.isFiltered, (isOn) => {
            this.isFiltered = isOn;
          })}
          ${this.#check('Timestamps', this.hasTimes, (isOn) => {
            this.hasTimes = isOn;
          })}
          <label>Start with<select @change=${(event: Event) => this.#restart((event.target as HTMLSelectElement).value)}>${TAILS.map(
            (tail) =>
              html`<option value=${tail} ?selected=${tail === this.tail}>${tail === 'all' ? 'all lines' : `${tail} lines`}</option>`,
          )}</select></label>
        </div>
        <fairlead-log-pane .lines=${this.#list()} .pattern=${pattern} .current=${current} .isFollowing=${this.isFollowing}
          .hasTimes=${this.hasTimes} .nameOf=${this.subject.kind === 'service' ? this.#nameOf : null} @follow=${(event: CustomEvent<boolean>) => this.#follow(event.detail)}></fairlead-log-pane>
        <p class="counts soft">${this.#counts()}</p>
        <p class="counts" role="status">${this.#download.status}</p>`,
    );
  }

  #check(label: string, isOn: boolean, set: (isOn: boolean) => void): TemplateResult {
    return html`<label class="check"><input type="checkbox" .checked=${isOn} @change=${(event: Event) => {
      set((event.target as HTMLInputElement).checked);
    }}><span>${label}</span></label>`;
  }

  #list(): LineList {
    this.#search.update();
    const isFiltered = this.isFiltered && this.#search.pattern;
    return isFiltered ? matchingLines(this.#lines, this.#search.numbers) : allLines(this.#lines, this.#rest);
  }

  #counts(): string {
    const { first, end } = this.#lines;
    const kept = `${end - first} lines`;
    const skipped = first > 0 ? `${kept} kept, ${first} older ones skipped: the download has them` : kept;
    return this.#resume ? `${skipped}. Paused until you follow again` : skipped;
  }

  /** Starts over with another number of last lines. */
  #restart(tail: string): void {
    this.tail = tail;
    const { pattern } = this.#search;
    this.#lines = new LogLines();
    this.#search = new LogSearch(this.#lines);
    this.#search.search(pattern);
    this.#rest = [];
    this.current = null;
    this.#resume?.();
    this.#follow(true);
    this.#open();
  }

  #open(): void {
    this.#follower?.stop();
    const lines = this.#lines;
    const options = { subject: this.subject, tail: this.tail };
    this.#follower = new LogFollower(this.live, {
      ...options,
      append: (added, rest) => (this.#lines === lines ? this.#append(added, rest) : Promise.resolve()),
      onState: (state) => this.#lines === lines && this.#setState(state),
    });
    this.#follower.start();
  }

  async #append(lines: readonly LogLine[], rest: readonly LogLine[]): Promise<void> {
    this.#lines.add(lines);
    this.#rest = rest;
    if (this.isFollowing) this.#lines.trim(KEPT);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.requestUpdate();
    }, SHOW_MS);
    if (this.isFollowing || !this.#lines.isOver(HELD)) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#resume = null;
  }

  #setState(state: LogState): void {
    this.#hasStopped = state.phase === 'broken' || state.phase === 'over';
    if (state.phase === 'broken') this.status = state.message;
    else this.status = state.phase === 'over' ? ENDED_LABELS[this.subject.kind] : LABELS[state.phase];
  }

  readonly #nameOf = (task: string): string => this.#names.nameOf(task, performance.now());

  #follow(isFollowing: boolean): void {
    this.isFollowing = isFollowing;
    if (isFollowing) {
      this.current = null;
      this.#lines.trim(KEPT);
      this.#resume?.();
    }
  }

  #find(text: string): void {
    this.#search.search(findPattern(text));
    this.current = null;
    this.requestUpdate();
  }

  #step(step: 1 | -1): void {
    const number = this.#search.next(this.current?.number ?? this.#lines.end, step);
    if (number === null) return;
    this.isFollowing = false;
    this.current = { number };
  }

  #save(): void {
    const { subject, hasTimes } = this;
    const { engine } = this.live;
    void this.#download.start(subject.name, (signal) =>
      logText(engine, subject, { hasTimes, nameOf: this.#nameOf, signal }),
    );
  }
}

defineElement('fairlead-logs', LogsToolElement);
