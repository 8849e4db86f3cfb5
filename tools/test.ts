import { buildAgent } from './build/agent.js';
import { buildPanel } from './build/panel.js';
import { installBrowser } from './lab/install/browser.js';
import { installDockerPy } from './lab/install/docker-py.js';
import { installDockerPySuite } from './lab/install/docker-py-suite.js';
import { installEngine } from './lab/install/engine.js';
import { buildGoClient } from './lab/install/go-client.js';
import { installServers } from './lab/install/servers.js';
import { endWithParent, insideNamespace, runInNamespace } from './lab/namespace.js';
import { startSharedEngine } from './lab/shared-engine.js';
import { runAva, type TestCounts } from './run-ava.js';

const E2E = 'test/e2e/';
const NONE: TestCounts = { passed: 0, failed: 0, skipped: 0 };
const say = (line: string) => console.log(`npm test: ${line}`);
const args = process.argv.slice(2);
/** On CI, and with REQUIRE_DOCKER=1, a skipped test fails the run. */
const strict = process.env.CI === 'true' || process.env.REQUIRE_DOCKER === '1';

// AVA's options are passed on; arguments in the form of paths select files.
const patterns = args.filter((arg) => !arg.startsWith('-') && /[/*]|\.ts$/.test(arg));
const wantsUnit = patterns.length === 0 || patterns.some((pattern) => !literalStart(pattern).startsWith(E2E));
const wantsE2e = patterns.length === 0 || patterns.some(mayMatchE2e);

process.exit(await main());

async function main(): Promise<number> {
  if (insideNamespace()) {
    endWithParent();
    return runTests();
  }
  if (!wantsE2e) return runTests();
  const obstacle = await installEngine(say);
  if (obstacle === undefined) {
    const noBrowser = await installBrowser(say);
    if (noBrowser) process.env.FAIRLEAD_NO_BROWSER = noBrowser;
    const noServers = await installServers(say);
    if (noServers) process.env.FAIRLEAD_NO_SERVERS = noServers;
    const noDockerPy = (await installDockerPy(say)) ?? (await installDockerPySuite(say));
    if (noDockerPy) process.env.FAIRLEAD_NO_DOCKER_PY = noDockerPy;
    const noGoClient = await buildGoClient(say);
    if (noGoClient) process.env.FAIRLEAD_NO_GO_CLIENT = noGoClient;
    return runInNamespace(process.argv.slice(1));
  }
  say(`skipping the tests that need a Docker Engine: ${obstacle}`);
  process.env.FAIRLEAD_NO_LAB = obstacle;
  return runTests();
}

async function runTests(): Promise<number> {
  const counts = [wantsUnit ? await runAva(['--concurrency=2', ...args], { FAIRLEAD_TESTS: 'unit' }) : NONE];
  if (wantsE2e) counts.push(...(await runE2e()));
  const total = (key: keyof TestCounts) => counts.reduce((sum, count) => sum + count[key], 0);
  const [passed, failed, skipped] = [total('passed'), total('failed'), total('skipped')];
  if (passed + failed + skipped === 0) say('nothing ran');
  if (process.env.FAIRLEAD_NO_LAB && skipped > 0)
    say(`skipped without an engine: ${process.env.FAIRLEAD_NO_LAB}`);
  if (process.env.FAIRLEAD_NO_BROWSER && skipped > 0)
    say(`skipped without a browser: ${process.env.FAIRLEAD_NO_BROWSER}`);
  if (process.env.FAIRLEAD_NO_SERVERS && skipped > 0)
    say(`skipped without proxies, Podman, Compose, Prometheus: ${process.env.FAIRLEAD_NO_SERVERS}`);
  if (process.env.FAIRLEAD_NO_DOCKER_PY && skipped > 0)
    say(`skipped without docker-py: ${process.env.FAIRLEAD_NO_DOCKER_PY}`);
  if (process.env.FAIRLEAD_NO_GO_CLIENT && skipped > 0)
    say(`skipped without Go: ${process.env.FAIRLEAD_NO_GO_CLIENT}`);
  if (strict && skipped > 0) say('nothing may be skipped here (CI=true or REQUIRE_DOCKER=1)');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || passed === 0 || (strict && skipped > 0) ? 1 : 0;
}

/**
 * One file at a time: each has its own processes and containers, and the promised times are for a quiet machine.
 * In parallel, in the same way, those that have their own engines or mostly wait.
 */
async function runE2e(): Promise<TestCounts[]> {
  const run = ['--concurrency=1', ...args];
  const runBoth = (env: NodeJS.ProcessEnv) =>
    Promise.all([
      runAva(run, { ...env, FAIRLEAD_TESTS: 'e2e' }),
      // Named files run whatever part they belong to: once is enough.
      ...(patterns.length > 0
        ? []
        : [runAva(run, { ...env, FAIRLEAD_TESTS: 'parallel' }, { isShownAtEnd: true })]),
    ]);
  if (process.env.FAIRLEAD_NO_LAB) return runBoth({});
  say('starting a private Docker Engine');
  try {
    await Promise.all([buildAgent(), buildPanel()]);
    const lab = await startSharedEngine();
    try {
      return await runBoth({ FAIRLEAD_LAB: lab.description });
    } finally {
      await lab.close();
    }
  } catch (error) {
    say(
      `the tests that need a Docker Engine could not run: ${error instanceof Error ? error.message : error}`,
    );
    return [{ ...NONE, failed: 1 }];
  }
}

function mayMatchE2e(pattern: string): boolean {
  const start = literalStart(pattern);
  return start.startsWith(E2E) || E2E.startsWith(start);
}

/** The part of a pattern before its first wildcard. */
function literalStart(pattern: string): string {
  return pattern.replace(/^\.\//, '').replace(/[*?{([!].*$/, '');
}
