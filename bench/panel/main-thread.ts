import type { Page } from 'playwright-core';

/** A task of the page's main thread. */
export interface Task {
  /** Wall time, ms: includes other processes on a busy machine. */
  readonly wallMs: number;
  /** CPU time of the thread, ms. */
  readonly cpuMs: number;
}

interface TraceEvent {
  readonly pid: number;
  readonly tid: number;
  readonly ph: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } };
}

/** Tasks of the renderer's main thread while `work` runs, from Chromium's trace. */
export async function traceTasks(page: Page, work: () => Promise<void>): Promise<Task[]> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  let trace: Buffer;
  try {
    await page.evaluate(`performance.mark('traced')`);
    await work();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && threads.has(`${pid}.${tid}`))
    .map(({ dur = 0, tdur = 0 }) => ({ wallMs: dur / 1_000, cpuMs: tdur / 1_000 }));
}
