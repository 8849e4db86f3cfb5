import { css, html, LitElement, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import uPlotCss from 'uplot/dist/uPlot.min.css';
import { dateTime } from '../format/time.js';
import { styles } from '../styles/shared.js';
import { defineElement } from './define-element.js';

/** One line of a chart. */
export interface ChartSeries {
  readonly title: string;
  /** Null: unknown, a gap. */
  readonly values: readonly (number | null)[];
}

const HEIGHT_PX = 140;
/** Minimum top of the vertical axis. */
const MIN_TOP = 10;
/** Minimum time span. */
const SPAN_MS = 60_000;
/** Width of a time label. */
const LABEL_PX = 90;

/** Values over the last minutes. The second line is dashed, so it does not depend on colour; `label` describes the chart. */
export class ChartElement extends LitElement {
  static override properties = {
    label: {},
    timesMs: { attribute: false },
    series: { attribute: false },
    format: { attribute: false },
  };
  static override styles = [
    styles,
    unsafeCSS(uPlotCss),
    css`
      :host {
        display: block;
        min-width: 0;
        height: ${HEIGHT_PX}px;
        overflow: hidden;
      }
      .soft {
        color: var(--soft);
        border-color: var(--line);
      }
      .first {
        color: var(--accent);
      }
      .second {
        color: var(--busy);
      }
    `,
  ];
  /** Text for screen readers. */
  declare label: string;
  declare timesMs: readonly number[];
  /** Two at most. Their number does not change. */
  declare series: readonly ChartSeries[];
  /** Formats a value, such as `3.2 MB`. */
  declare format: (value: number) => string;
  #plot: uPlot | null = null;
  #resizes: ResizeObserver | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizes?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  override firstUpdated(): void {
    this.#draw();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('label')) this.setAttribute('aria-label', this.label);
  }

  override render(): TemplateResult {
    return html`<div class="plot"></div>${['soft', 'first', 'second'].map((name) => html`<span class="probe ${name}" hidden></span>`)}`;
  }

  override updated(): void {
    this.#plot?.setData(this.#data());
  }

  #draw(): void {
    const target = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (!target) return;
    this.setAttribute('role', 'img');
    const { width } = this.getBoundingClientRect();
    const soft = () => this.#colour('soft', 'color');
    const axis = {
      stroke: soft,
      grid: { stroke: () => this.#colour('soft', 'borderColor'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width,
        height: HEIGHT_PX,
        ms: 1,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_, min, max) => [Math.min(min, max - SPAN_MS), max] },
          y: { range: (_, __, max) => [0, Math.max(max, MIN_TOP) * 1.1] },
        },
        axes: [
          { ...axis, space: LABEL_PX, values: (_, times) => times.map((ms) => dateTime(ms).slice(11)) },
          { ...axis, size: 64, values: (_, values) => values.map((value) => this.format(value)) },
        ],
        series: [
          {},
          { stroke: () => this.#colour('first', 'color'), width: 2, points: { show: false } },
          { stroke: () => this.#colour('second', 'color'), width: 2, dash: [5, 4], points: { show: false } },
        ].slice(0, this.series.length + 1),
      },
      this.#data(),
      target,
    );
    this.#resizes = new ResizeObserver(() =>
      this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT_PX }),
    );
    this.#resizes.observe(this);
  }

  #data(): uPlot.AlignedData {
    return [[...this.timesMs], ...this.series.map(({ values }) => [...values])];
  }

  /** The page's current colour, light or dark: a canvas does not follow CSS. */
  #colour(name: string, property: 'color' | 'borderColor'): string {
    const probe = this.renderRoot.querySelector(`.probe.${name}`);
    return probe ? getComputedStyle(probe)[property] : '';
  }
}

defineElement('fairlead-chart', ChartElement);
