/**
 * Resolves when the scripts of the page have run, and whatever runs in this turn has: pages set properties such as
 * `getToken` after the element is in them.
 */
export async function pageScripts(): Promise<void> {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const isOver = document.readyState === 'complete' || (navigation?.domContentLoadedEventStart ?? 0) > 0;
  if (!isOver)
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
  await new Promise((resolve) => setTimeout(resolve));
}
