import type { Page } from 'playwright-core';

/** A place on the screen and its size, px, and how far it is scrolled. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  readonly scrollHeight: number;
}

const WHEELS = 80;
const DRAG_STEPS = 30;
/** Size of the scroll bar's arrows, px. */
const ARROW = 17;

/** Counts the page's nodes in each frame from now on, shadow trees, texts and comments included. */
export async function countNodes(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`(() => {
    const count = (root) => {
      const walker = document.createTreeWalker(root);
      let nodes = 0;
      while (walker.nextNode()) {
        nodes += 1;
        if (walker.currentNode.shadowRoot) nodes += count(walker.currentNode.shadowRoot);
      }
      return nodes;
    };
    window.mostNodes = 0;
    const check = () => {
      window.mostNodes = Math.max(window.mostNodes, count(document));
      requestAnimationFrame(check);
    };
    check();
  })()`);
  return () => page.evaluate('window.mostNodes');
}

/** Scrolls through the panel's list: with the wheel, then by dragging the scroll bar to the middle and to the end. */
export async function driveList(page: Page, total: number): Promise<void> {
  const { x, y, width, height } = await boxOf(page);
  await page.mouse.move(x + width / 2, y + height / 2);
  for (let turn = 0; turn < WHEELS; turn++) {
    await page.mouse.wheel(0, 200 + 20 * turn);
    await frame(page);
  }
  await untilSeen(page, Math.floor((await boxOf(page)).scrollTop / 76) + 2);
  await drag(page, 0.5);
  await untilSeen(page, Math.floor((await boxOf(page)).scrollTop / 76) + 2);
  await drag(page, 1);
  await untilSeen(page, total);
}

/** @param to target, as a fraction of the track */
async function drag(page: Page, to: number): Promise<void> {
  const { x, y, width, height, scrollTop, scrollHeight } = await boxOf(page);
  const track = height - 2 * ARROW;
  const from = y + ARROW + (track * scrollTop) / scrollHeight + 8;
  const end = y + ARROW + track * to;
  await page.mouse.move(x + width - ARROW / 2, from);
  await page.mouse.down();
  for (let step = 1; step <= DRAG_STEPS; step++) {
    await page.mouse.move(x + width - ARROW / 2, from + ((end - from) * step) / DRAG_STEPS);
    await frame(page);
  }
  await page.mouse.up();
}

async function untilSeen(page: Page, place: number): Promise<void> {
  await page.waitForSelector(`li[aria-posinset='${place}'] .open`);
}

async function boxOf(page: Page): Promise<Box> {
  const scroller = page.locator('.scroller');
  const box = await scroller.boundingBox();
  if (!box) throw new Error('there is no list');
  const scrolled = await scroller.evaluate(({ scrollTop, scrollHeight }) => ({ scrollTop, scrollHeight }));
  return { ...box, ...scrolled };
}

function frame(page: Page): Promise<unknown> {
  return page.evaluate('new Promise(requestAnimationFrame)');
}
