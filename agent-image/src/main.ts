import './machine/prefer-memory.js';
import { systemClock } from '../../protocol/time/clock.js';
import { Agent } from './agent.js';
import { ConfigError, EXIT_CONFIG } from './config/error.js';
import { readConfig } from './config/read-config.js';
import { usage } from './config/usage.js';
import { checkHealth } from './health/check-health.js';
import { MetricsFile } from './health/metrics-file.js';
import type { RefreshedFile } from './health/refreshed-file.js';
import { StatusFile, statusPath } from './health/status-file.js';
import { createLogger } from './log.js';
import { readBoot } from './machine/clone-marks.js';
import { collectGarbage, preferSpeed } from './machine/v8-memory.js';

/** The build replaces it with the version of package.json. */
const VERSION = process.env.FAIRLEAD_VERSION ?? '0.0.0-source';
/** `EX_TEMPFAIL` of sysexits.h: the container's restart policy starts the agent again. */
const EXIT_RESTART = 75;
/** By then the start is over, its first snapshot included, ms. */
const AT_REST_MS = 10_000;

const [command, ...options] = process.argv.slice(2);
try {
  await run(command);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`fairlead-agent: ${error.code}: ${error.message}\n`);
  process.exit(EXIT_CONFIG);
}

async function run(name: string | undefined): Promise<void> {
  switch (name) {
    case undefined:
      return runAgent();
    case 'healthcheck': {
      const { healthy, line } = await checkHealth(statusPath(readConfig(process.env)));
      console.log(line);
      process.exit(healthy ? 0 : 1);
      break;
    }
    case 'doctor': {
      const { doctorCommand } = await import('./doctor/command.js');
      const isJson = options.includes('--json');
      process.exit(await doctorCommand({ env: process.env, isJson, clock: systemClock, print: console.log }));
      break;
    }
    case 'version':
    case '--version':
      console.log(VERSION);
      return;
    case '--help':
    case '-h':
    case 'help':
      console.log(usage(VERSION));
      return;
    default:
      throw new ConfigError('command-unknown', `Unknown command ${name}: see --help`);
  }
}

async function runAgent(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config);
  const onStaleMount = (path: string) => {
    const code = 'mount-replaced';
    logger.fatal(
      { code, path },
      'the mounted file was replaced: stopping, so that a restart mounts the new one',
    );
    end(EXIT_RESTART);
  };
  const boot = await readBoot();
  const agent = new Agent({
    config,
    version: VERSION,
    clock: systemClock,
    random: Math.random,
    logger,
    boot,
    onStaleMount,
    onDial: preferSpeed,
  });
  const context = { clock: systemClock, logger };
  const files: RefreshedFile[] = [new StatusFile(statusPath(config), () => agent.state, context)];
  if (config.metricsFile !== null)
    files.push(new MetricsFile(config.metricsFile, () => agent.metrics, context));
  const end = (code: number) => {
    Promise.all([agent, ...files].map((part) => part.stop())).then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping');
    end(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await agent.start();
  for (const file of files) await file.start();
  systemClock.after(AT_REST_MS, collectGarbage);
}
