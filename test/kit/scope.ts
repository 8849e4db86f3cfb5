import test from 'ava';

/** What something started for tests is closed with: a test (AVA's `t` is one), or a whole file. */
export interface Scope {
  /** Later ones run first. */
  teardown(close: (() => void) | (() => Promise<void>)): void;
}

/** The scope of the file that calls this while it is loaded: what its tests share ends after the last one. */
export function fileScope(): Scope {
  const closers: (() => unknown)[] = [];
  test.after.always('what the tests of this file shared is closed', async () => {
    for (const close of closers.reverse()) await close();
  });
  return { teardown: (close) => closers.push(close) };
}
