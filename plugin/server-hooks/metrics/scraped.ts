import { Counter, Gauge, type Registry } from 'prom-client';

/** A value with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric whose values are read at each scrape. Nothing is counted twice, and unscraped ones cost nothing. */
export interface Scraped {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** The current value or values. For a counter: since the start. */
  readonly read: () => number | Iterable<Sample>;
}

/** Registers a gauge that is read at each scrape. */
export function scrapedGauge(registry: Registry, { read, ...options }: Scraped): void {
  new Gauge({
    ...options,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samplesOf(read())) this.set(labels, value);
    },
  });
}

/** Registers a counter that is read at each scrape. */
export function scrapedCounter(registry: Registry, { read, ...options }: Scraped): void {
  new Counter({
    ...options,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samplesOf(read())) this.inc(labels, value);
    },
  });
}

function samplesOf(read: number | Iterable<Sample>): Iterable<Sample> {
  return typeof read === 'number' ? [[{}, read]] : read;
}

/** A sample for each member. */
export function byLabel(name: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([label, value]) => [{ [name]: label }, value]);
}
