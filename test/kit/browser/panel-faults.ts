import type { Page } from 'playwright-core';
import { accessFaults } from './panel-page.js';

const WIDE = { width: 1280, height: 900 };
const LOOKS = [
  { size: WIDE, colorScheme: 'light' },
  { size: { width: 360, height: 740 }, colorScheme: 'dark' },
] as const;

/** The innermost element that reaches farthest to the right, with its text. */
const WIDEST = `(() => {
  const found = [];
  const visit = (root) => {
    for (const each of root.querySelectorAll('*')) {
      found.push([each.getBoundingClientRect().right, each.tagName + ' ' + each.textContent.trim().slice(0, 60)]);
      if (each.shadowRoot) visit(each.shadowRoot);
    }
  };
  visit(document);
  return found.sort(([a], [b]) => a - b).at(-1)?.join(' ');
})()`;

/** What is wrong with the page as it is, on a wide light screen and on a narrow dark one: for axe-core, and that it scrolls sideways. */
export async function layoutFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { size, colorScheme } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > size.width) faults.push(`${width} px wide on ${size.width}: ${await page.evaluate(WIDEST)}`);
    faults.push(...(await accessFaults(page)).map((fault) => `${colorScheme}: ${fault}`));
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  return faults;
}
