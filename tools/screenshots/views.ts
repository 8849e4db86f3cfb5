import type { Page } from 'playwright-core';

/** Ids of the environments in the pictures. */
export interface Sample {
  /** One engine. */
  readonly engine: number;
  readonly swarm: number;
}

/** A screenshot. */
export interface View {
  /** File name. */
  readonly name: string;
  readonly path: (sample: Sample) => string;
  /** Selector that is present once the view is complete. */
  readonly until: string;
  /** Actions before that. */
  readonly act?: (page: Page) => Promise<void>;
}

/** A section of an environment's view. */
function section(which: keyof Sample, part: string, until: string): View {
  const name = which === 'swarm' ? `swarm-${part}` : part;
  return { name, path: (sample) => `environments/${sample[which]}/${part}`, until };
}

/** A tool that opens next to the list of containers. */
function tool(name: string, label: string, until: string): View {
  const act = (page: Page) => page.click(`[aria-label="${label} of shop-web-1"]`);
  return { name, path: ({ engine }) => `environments/${engine}/containers`, act, until };
}

/** Every view of the panel, with its selector. */
export const VIEWS: readonly View[] = [
  { name: 'environments', path: () => '', until: '.row:has-text("online")' },
  { name: 'create', path: () => 'create', until: 'text=/presents the key in the Edge keys/' },
  { name: 'edit', path: ({ engine }) => `environments/${engine}/edit`, until: 'input[name=name]' },
  { name: 'settings', path: () => 'settings', until: 'input[name=checkInSeconds]' },
  section('engine', 'containers', '[data-name="shop-web-1"]:has-text("Up")'),
  tool('logs', 'Logs', 'text=/GET .orders/'),
  tool('console', 'Console', 'text="Connected"'),
  tool('stats', 'Stats', 'text=/used [0-9.]+ %/'),
  tool('inspect', 'Inspect', 'fairlead-inspect pre'),
  section('engine', 'stacks', 'text="shop"'),
  section('engine', 'images', '[data-name^="shop/web"]'),
  section('engine', 'volumes', '[data-name="shop_orders"]'),
  section('engine', 'networks', '[data-name="shop_default"]'),
  section('engine', 'events', 'text="Events"'),
  section('swarm', 'nodes', 'text="node3"'),
  section('swarm', 'services', 'text="Services: 1 of 1 complete"'),
  section('swarm', 'tasks', 'text=/Tasks: 3 running/'),
];
