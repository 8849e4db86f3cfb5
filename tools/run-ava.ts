import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

/** Numbers of test results. Broken hooks, files and time limits count as failed, `todo` as skipped. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const NOTHING_TO_RUN =
  /Couldn.t find any (?:files to test|matching tests)|test files? (?:was|were) found, but did not match/;

/** Runs AVA with these arguments, shows its output as it comes or at the end, and counts results. */
export async function runAva(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { isShownAtEnd = false } = {},
): Promise<TestCounts> {
  const ava = new URL('../node_modules/ava/entrypoints/cli.mjs', import.meta.url);
  const child = spawn(process.execPath, [ava.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // On a bare Linux console AVA would print other symbols.
    env: { ...process.env, TERM: 'xterm', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (!isShownAtEnd) process.stdout.write(chunk);
    output += chunk;
  });
  const [code] = await once(child, 'close');
  process.stdout.write(isShownAtEnd ? `${output}\n` : '\n');
  return countTests(stripVTControlCharacters(output), code);
}

/**
 * Reads AVA's report, mostly the summary below its last rule. Its TAP output would be easier to read, but loses all results when a
 * time limit strikes (AVA 7.0.0), and says less about a failure.
 */
export function countTests(output: string, exitCode: number | null): TestCounts {
  const rule = '\n  ─\n';
  const summary = output.slice(output.lastIndexOf(rule) + 1);
  const sum = (what: RegExp) =>
    [...summary.matchAll(what)].reduce((total, match) => total + Number(match[1]), 0);
  // The summary has the number of passed tests only if none failed; otherwise they are counted above it.
  const ticks = output.slice(0, output.indexOf(rule)).match(/^ {2}✔ (?!\[expected fail\])/gm)?.length ?? 0;
  const passed = (sum(/^ {2}(\d+) tests? passed$/gm) || ticks) + sum(/^ {2}(\d+) known failures?$/gm);
  const skipped = sum(/^ {2}(\d+) tests? (?:skipped|todo)$/gm);
  const failed = sum(
    /^ {2}(\d+) (?:(?:tests?|hooks?) failed|unhandled rejections?|uncaught exceptions?|tests? remained pending after a timeout)$/gm,
  );
  if (exitCode === 0 || failed > 0) return { passed, failed, skipped };
  // Nothing to run in one part is not a failure; the caller checks whether anything ran.
  if (passed + skipped === 0 && NOTHING_TO_RUN.test(output)) return { passed, failed, skipped };
  return { passed, failed: 1, skipped };
}
