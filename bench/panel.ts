import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { buildPanel } from '../tools/build/panel.js';
import { CHROMIUM, installBrowser } from '../tools/lab/install/browser.js';
import { endProcess, startBundledHub } from './lab/bundled-hub.js';
import { writeEnvironments } from './lab/many-environments.js';
import { countNodes, driveList } from './panel/drive-list.js';
import { traceTasks } from './panel/main-thread.js';
import { changeStatuses } from './panel/status-changes.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';

const ENVIRONMENTS = 15_000;
const CHANGES_PER_SECOND = 50;
const ROUNDS = 10;
/** In the page: when the first row was painted, ms since the navigation began. */
const WATCH_FIRST_ROW = `window.firstRowMs = new Promise((resolve) => {
    const check = () => {
      const panel = document.querySelector('fairlead-panel');
      const list = panel?.shadowRoot?.querySelector('fairlead-environment-list');
      if (!list?.shadowRoot?.querySelector('.row .open')) return requestAnimationFrame(check);
      requestAnimationFrame(() => resolve(performance.now()));
    };
    check();
  });`;

/** Cost of the list of environments in a browser. */
export const panel: Benchmark = {
  title: `the panel's list of ${ENVIRONMENTS} environments in Chromium: its size, its first paint, scrolling`,
  async run({ rounds = ROUNDS, say }) {
    const obstacle = await installBrowser(say);
    if (obstacle) throw new Error(obstacle);
    const size = await buildPanel();
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
    let hub: ChildProcess | null = null;
    let browser: Browser | null = null;
    try {
      await writeEnvironments(join(folder, 'plugins/fairlead'), ENVIRONMENTS);
      const { port, client } = await startBundledHub(folder, (child) => {
        hub = child;
      });
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu'],
        ignoreDefaultArgs: ['--hide-scrollbars'],
      });
      const options: BrowserContextOptions = {
        ignoreHTTPSErrors: true,
        extraHTTPHeaders: { authorization: `Bearer ${client.token}` },
      };
      const origin = `https://localhost:${port}`;
      say('panel: cold loads');
      const loads: number[] = [];
      for (let round = 0; round < rounds; round++) loads.push(await loadCold(browser, options, origin));
      say('panel: scrolling');
      const rows: ReportRow[] = [
        {
          name: 'size, gzipped',
          figures: { 'list KB': size.first / 1_000, 'console, when used KB': size.console / 1_000 },
        },
        {
          name: 'first row painted, cold',
          figures: { 'p50 ms': quantile(loads, 0.5), 'max ms': Math.max(...loads) },
        },
        { name: 'scrolling', figures: await scroll(browser, options, port) },
      ];
      return {
        benchmark: 'panel',
        machine: machine(),
        node: process.version,
        setup: `${ENVIRONMENTS} environments, ${rounds} cold loads; scrolling during ${CHANGES_PER_SECOND} changes of status a second; Chromium ${browser.version()}`,
        rows,
      };
    } finally {
      await browser?.close();
      if (hub) await endProcess(hub);
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** A new profile each time: nothing is cached. */
async function loadCold(browser: Browser, options: BrowserContextOptions, origin: string): Promise<number> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    await page.addInitScript(WATCH_FIRST_ROW);
    await page.goto(origin);
    return Number(await page.evaluate('window.firstRowMs'));
  } finally {
    await context.close();
  }
}

async function scroll(browser: Browser, options: BrowserContextOptions, port: number) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`https://localhost:${port}`);
  await page.waitForSelector('.row .open');
  const mostNodes = await countNodes(page);
  const stop = changeStatuses({ port, count: ENVIRONMENTS, perSecond: CHANGES_PER_SECOND }, (error) => {
    throw error;
  });
  try {
    const tasks = await traceTasks(page, () => driveList(page, ENVIRONMENTS));
    const cpu = tasks.map(({ cpuMs }) => cpuMs);
    const wall = tasks.map(({ wallMs }) => wallMs);
    return {
      'longest task, CPU ms': Math.max(...cpu),
      'longest task, wall ms': Math.max(...wall),
      'tasks over 50 ms wall': wall.filter((ms) => ms > 50).length,
      'most nodes': await mostNodes(),
    };
  } finally {
    stop();
    await context.close();
  }
}
