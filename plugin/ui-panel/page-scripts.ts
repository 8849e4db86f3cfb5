/**
 * Resolves when the page's scripts and the current turn have run: pages set properties such as `getToken` after they
 * insert the element.
 */
export async function pageScripts(): Promise<void> {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const hasLoaded = document.readyState === 'complete' || (navigation?.domContentLoadedEventStart ?? 0) > 0;
  if (!hasLoaded)
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
  await new Promise((resolve) => setTimeout(resolve));
}
