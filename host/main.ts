import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { z } from 'zod';
import { prettyLine } from '../protocol/log/pretty-line.js';
import { systemClock } from '../protocol/time/clock.js';
import { type HostConfig, readConfig } from './config.js';
import { type RunningDashboard, startDashboard } from './dashboard.js';
import { isHealthy } from './healthcheck.js';
import type { PluginView } from './plugins/registry.js';
import { ConfigError, describeVariables } from './variables.js';

/** EX_CONFIG of sysexits.h: a restart does not help before a setting is changed. */
const EX_CONFIG = 78;
const STOP_MS = 10_000;
const DATA_CODES = /^(store|tunnel-key|docker-ca)-/;
const root = fileURLToPath(new URL('..', import.meta.url));

const version = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(`${root}/package.json`, 'utf8'))).version;
const [argument] = process.argv.slice(2);
if (argument === '--help')
  exitWith(
    0,
    `Fairlead ${version}: the bundled dashboard. Usage: npm start [-- healthcheck]\n\n${describeVariables()}`,
  );
if (argument === '--version') exitWith(0, version);
if (argument === 'healthcheck') {
  const healthy = await isHealthy(configOrExit());
  exitWith(healthy ? 0 : 1, `fairlead: ${healthy ? 'healthy' : 'GET /healthz does not answer'}`);
}
if (argument !== undefined) exitWith(EX_CONFIG, `fairlead: unknown argument ${argument}; try --help`);

const config = configOrExit();
const starting = startDashboard(config, {
  clock: systemClock,
  randomBytes,
  logger: makeLogger(config),
  pluginFolders: [root],
  showPassword: (password) => console.log(`fairlead: admin password ${password}  (shown this once)`),
  version,
}).then(mustHaveData);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
process.on('SIGHUP', () => {
  // A failed start reports its own error.
  starting.then((dashboard) => dashboard.reload()).catch(() => undefined);
});
await starting.then(announce, (error: unknown) => exitWith(1, `fairlead: cannot start: ${reasonOf(error)}`));

function configOrExit(): HostConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return exitWith(EX_CONFIG, `fairlead: ${error.message}`);
    throw error;
  }
}

/** Standard output is for lines that scripts read; the log goes to standard error. */
function makeLogger({ logLevel, logFormat }: HostConfig) {
  const isPretty = logFormat === 'pretty';
  const stderr = pino.destination({ dest: 2, sync: isPretty });
  const isTerminal = process.stderr.isTTY === true;
  const sink = isPretty
    ? { write: (line: string) => void stderr.write(prettyLine(line, isTerminal)) }
    : stderr;
  return pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
}

/** An operator must fix a plugin that refuses its data. Other failed plugins can be enabled while the dashboard runs. */
async function mustHaveData(dashboard: RunningDashboard): Promise<RunningDashboard> {
  const refused = dashboard.failures.filter(({ code }) => DATA_CODES.test(code ?? ''));
  if (refused.length === 0) return dashboard;
  await dashboard.stop();
  throw new Error(refused.map(failureLine).join('; '));
}

function failureLine({ id, problem }: PluginView): string {
  return `${id}: ${problem}`;
}

function announce({ port, tunnelPort, dockerPort, failures }: RunningDashboard): void {
  // On standard error at any log level: the dashboard runs, but without these plugins.
  for (const failure of failures) process.stderr.write(`fairlead: plugin failed: ${failureLine(failure)}\n`);
  const everywhere = config.bind === '0.0.0.0' || config.bind === '::';
  const name = everywhere ? 'localhost' : config.bind.includes(':') ? `[${config.bind}]` : config.bind;
  const docker = dockerPort === null ? '' : `  docker ${name}:${dockerPort}`;
  const tunnel = tunnelPort === null ? 'none' : `${name}:${tunnelPort}`;
  console.log(`fairlead: dashboard https://${name}:${port}  tunnel ${tunnel}${docker}`);
}

/** Runs at the first signal; the second one exits immediately. */
function stop(signal: NodeJS.Signals): void {
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
  systemClock.after(STOP_MS, () => exitWith(1, `fairlead: not stopped ${STOP_MS / 1000} s after ${signal}`));
  starting
    .then((dashboard) => dashboard.stop())
    .then(
      () => process.exit(0),
      (error: unknown) => exitWith(1, `fairlead: cannot stop: ${reasonOf(error)}`),
    );
}

function reasonOf(error: unknown): string {
  return config.logLevel === 'debug' && error instanceof Error ? String(error.stack) : messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exitWith(code: number, line: string): never {
  (code === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  process.exit(code);
}
