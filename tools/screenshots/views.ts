import type { Page } from 'playwright-core';

/** Numbers of the environments that are shown. */
export interface Sample {
  /** One engine. */
  readonly engine: number;
  readonly swarm: number;
}

/** A picture that is taken. */
export interface View {
  /** Name of the file. */
  readonly name: string;
  readonly path: (sample: Sample) => string;
  /** What is there once it is complete. */
  readonly until: string;
  /** What is done before that. */
  readonly act?: (page: Page) => Promise<void>;
}

const click = (selector: string) => (page: Page) => page.click(selector);

/** Every view of the panel, with what to wait for. */
export const VIEWS: readonly View[] = [
  { name: 'environments', path: () => '', until: '.row:has-text("online")' },
  { name: 'create', path: () => 'create', until: 'input[name=name]' },
  {
    name: 'containers',
    path: ({ engine }) => `environments/${engine}`,
    until: '[data-name="shop-web-1"]:has-text("Up")',
  },
  {
    name: 'logs',
    path: ({ engine }) => `environments/${engine}`,
    act: click('[aria-label="Logs of shop-web-1"]'),
    until: 'text=/GET .orders/',
  },
];
