import '../../elements/chart.js';
import { css, html, type TemplateResult } from 'lit';
import { readChunks } from '../../api/read-chunks.js';
import { Subscription } from '../../elements/controllers/subscription.js';
import { defineElement } from '../../elements/define-element.js';
import { parseJsonLines } from '../../engine/model/json-lines.js';
import { bytes } from '../../format/bytes.js';
import { toError } from '../../format/error.js';
import { EngineToolElement } from '../engine-tool.js';
import { parseContainerStats } from './container-stats.js';
import { StatsHistory, type StatsPoint } from './history.js';

/** A chart of one line, or two related ones. */
interface Measure {
  readonly title: string;
  readonly lines: readonly { readonly title: string; readonly of: (point: StatsPoint) => number | null }[];
  readonly format: (value: number) => string;
}

const percent = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} %`;
const rate = (value: number) => `${bytes(value)}/s`;
const MEASURES: readonly Measure[] = [
  { title: 'CPU', lines: [{ title: 'used', of: ({ cpuPercent }) => cpuPercent }], format: percent },
  { title: 'Memory', lines: [{ title: 'used', of: ({ memory }) => memory }], format: bytes },
  {
    title: 'Network',
    lines: [
      { title: 'received', of: ({ receives }) => receives },
      { title: 'sent', of: ({ sends }) => sends },
    ],
    format: rate,
  },
  {
    title: 'Block devices',
    lines: [
      { title: 'read', of: ({ reads }) => reads },
      { title: 'written', of: ({ writes }) => writes },
    ],
    format: rate,
  },
];

/** A container's resource usage each second, as charts and text. */
export class ContainerStatsElement extends EngineToolElement {
  static override styles = [
    ...EngineToolElement.styles,
    css`
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
        gap: 1.2rem;
        margin-top: 0.8rem;
      }
      .charts > div {
        min-width: 0;
      }
      h4 {
        margin: 0;
        font-size: 0.95rem;
      }
      p {
        margin: 0.1rem 0 0.4rem;
        min-height: 1.5em;
      }
      .key {
        display: inline-block;
        width: 1.6rem;
        margin: 0 0.4rem 0.25rem 0;
        border-top: 2px solid var(--accent);
      }
      .second {
        border-top: 2px dashed var(--busy);
      }
      .value + .value {
        margin-left: 1rem;
      }
    `,
  ];
  static override properties = { isOver: { state: true } };
  protected readonly noun = 'Usage';
  declare private isOver: boolean;
  readonly #history = new StatsHistory();
  #work = new AbortController();

  constructor() {
    super();
    this.isOver = false;
    new Subscription(this, () =>
      this.live.feed.subscribe(({ type, id, action }) => {
        if (type === 'container' && id === this.subject.id && action === 'start' && this.isOver) this.#open();
      }),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
  }

  override render(): TemplateResult {
    return this.frame(
      this.isOver ? html`<button type="button" @click=${() => this.#open()}>Reconnect</button>` : '',
      html`<div class="charts">${MEASURES.map((measure) => this.#chart(measure))}</div>`,
    );
  }

  #chart({ title, lines, format }: Measure): TemplateResult {
    const { points } = this.#history;
    const series = lines.map((line) => ({ title: line.title, values: points.map(line.of) }));
    const now = series.map(({ title: name, values }) => `${name} ${formatValue(values.at(-1), format)}`);
    return html`<div>
      <h4>${title}</h4>
      <p>${now.map((value, index) => html`<span class="value"><span class=${index === 0 ? 'key' : 'key second'} aria-hidden="true"></span>${value}</span>`)}
        <span class="soft">${this.#total(title)}</span></p>
      <fairlead-chart .label=${`${title} over the last three minutes; now ${now.join(', ')}`} .timesMs=${points.map(({ timeMs }) => timeMs)}
        .series=${series} .format=${format}></fairlead-chart>
    </div>`;
  }

  #total(title: string): string {
    const { last } = this.#history;
    if (!last) return '';
    if (title === 'CPU') return last.cpus === null ? '' : `100 % is one of ${last.cpus} CPUs`;
    if (title === 'Memory')
      return last.memoryLimit > 0
        ? `${percent((last.memory / last.memoryLimit) * 100)} of ${bytes(last.memoryLimit)}`
        : '';
    const [one, other] = title === 'Network' ? [last.received, last.sent] : [last.read, last.written];
    return `${bytes(one)} and ${bytes(other)} in total`;
  }

  #open(): void {
    this.#work.abort();
    this.#work = new AbortController();
    this.isOver = false;
    void this.#read(this.#work.signal);
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.status = 'Opening …';
    try {
      const path = `/containers/${encodeURIComponent(this.subject.id)}/stats?stream=1`;
      const stream = await this.live.engine.open('GET', path, { signal });
      for await (const value of parseJsonLines(readChunks(stream))) {
        const stats = parseContainerStats(value);
        this.#history.add(stats);
        this.status = stats ? 'Live' : 'Not running';
        this.requestUpdate();
      }
      this.#end('Ended');
    } catch (error) {
      if (!signal.aborted) this.#end(toError(error).message);
    }
  }

  #end(state: string): void {
    this.isOver = true;
    this.status = state;
  }

  /** Render once a frame, however fast samples arrive. */
  override async scheduleUpdate(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await super.scheduleUpdate();
  }
}

function formatValue(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? 'unknown' : format(value);
}

defineElement('fairlead-container-stats', ContainerStatsElement);
