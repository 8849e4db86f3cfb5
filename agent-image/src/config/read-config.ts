import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEdgeId } from '../../../protocol/crypto/edge-id.js';
import { type EdgeKey, parseEdgeKey } from '../../../protocol/crypto/edge-key.js';
import { Problem } from '../../../protocol/problems/problem.js';
import { type EngineAddress, readEngineAddress } from './engine-address.js';
import { ConfigError, type ConfigProblemCode } from './error.js';
import { lastGood } from './last-good.js';
import { type ProxySettings, readProxy } from './proxy.js';
import { invalid, parseDuration, type ReadFile, Variables } from './variables.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
const MIN_INACTIVITY_MS = 5_000;
const MAX_INACTIVITY_MS = 24 * 3_600_000;

/** The agent's configuration from environment variables, read once and frozen. */
export interface AgentConfig {
  /** `EDGE_ID`, lower case. */
  readonly edgeId: string;
  /** `EDGE_KEY`. */
  readonly edgeKey: EdgeKey;
  /** The Edge key's API URL is `http://`: anyone on the network path can read the check-ins. */
  readonly cleartext: boolean;
  /** `EDGE_INSECURE_POLL`: any certificate on the API is accepted. Default false. */
  readonly insecurePoll: boolean;
  /** Reads `EDGE_CA_FILE`: authorities trusted on the API in addition to the well-known ones. */
  readonly ca: (() => string) | null;
  /** `EDGE_INACTIVITY_TIMEOUT`, 5 s to 24 h; null: the hub's setting applies. */
  readonly inactivityMs: number | null;
  /** `DOCKER_HOST` and its TLS variables. Default the socket `/var/run/docker.sock`. */
  readonly engine: EngineAddress;
  /** Paths the agent opens repeatedly while it runs: the engine's socket or certificates, and `EDGE_CA_FILE`. */
  readonly reopened: readonly string[];
  /** `HTTPS_PROXY` and `NO_PROXY`, upper or lower case. */
  readonly proxy: ProxySettings;
  /** `LOG_LEVEL`. Default `info`. */
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** `LOG_FORMAT`. Default `auto`: pretty on a terminal, JSON otherwise. */
  readonly logFormat: (typeof LOG_FORMATS)[number];
  /** `DATA_DIR`, where the instance key is kept. Default `/data`. */
  readonly dataDir: string;
  /** `EDGE_METRICS_FILE`; null: none is written. */
  readonly metricsFile: string | null;
}

/**
 * Reads the agent's configuration from environment variables. `EDGE_ID` and `EDGE_KEY` may come from
 * files (`EDGE_ID_FILE`, `EDGE_KEY_FILE`).
 * @throws ConfigError `config-missing`, `config-invalid`, `edge-id-malformed` or `edge-key-malformed`
 */
export function readConfig(
  env: NodeJS.ProcessEnv,
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): AgentConfig {
  const variables = new Variables(env, readFile);
  const edgeId = parsed('EDGE_ID', 'edge-id-malformed', 'copy it from the environment in the hub', () =>
    parseEdgeId(
      variables.secret('EDGE_ID', 'copy it from the environment in the hub, or make one with uuidgen'),
    ),
  );
  const edgeKey = parsed('EDGE_KEY', 'edge-key-malformed', "copy the hub's command again, on one line", () =>
    parseEdgeKey(variables.secret('EDGE_KEY', "copy the environment's command from the hub")),
  );
  const engine = readEngineAddress(variables);
  return Object.freeze({
    edgeId,
    edgeKey,
    cleartext: edgeKey.apiUrl.startsWith('http:'),
    insecurePoll: variables.flag('EDGE_INSECURE_POLL'),
    ca: authorities(variables),
    inactivityMs: readInactivity(variables),
    engine,
    reopened: reopenedPaths(variables, engine),
    proxy: readProxy(variables),
    logLevel: variables.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    logFormat: variables.choice('LOG_FORMAT', LOG_FORMATS, 'auto'),
    dataDir: variables.text('DATA_DIR') ?? '/data',
    metricsFile: readMetricsFile(variables),
  });
}

/** Adds the variable's name and the next step to an error of a parser in `protocol/`. */
function parsed<T>(name: string, code: ConfigProblemCode, nextStep: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ConfigError || !(error instanceof Problem)) throw error;
    throw new ConfigError(code, `${name} is malformed. ${error.message}: ${nextStep}`, error);
  }
}

function authorities(variables: Variables): AgentConfig['ca'] {
  const path = variables.text('EDGE_CA_FILE');
  return path === null ? null : lastGood(() => readAuthorities(variables, path));
}

function reopenedPaths(variables: Variables, engine: EngineAddress): readonly string[] {
  const ca = variables.text('EDGE_CA_FILE');
  const socket = engine.kind === 'unix' ? engine.path : null;
  const certificates = variables.text('DOCKER_CERT_PATH');
  const files =
    certificates === null ? [] : ['ca.pem', 'cert.pem', 'key.pem'].map((it) => join(certificates, it));
  return Object.freeze([...[socket, ca].filter((path) => path !== null), ...files]);
}

function readAuthorities(variables: Variables, path: string): string {
  const pem = variables.file('EDGE_CA_FILE', path);
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    blocks.length = 0;
  }
  if (blocks.length === 0) throw invalid('EDGE_CA_FILE', path, 'the file must hold certificates in PEM form');
  return blocks.join('\n');
}

/** The textfile collector of node_exporter reads no other names. */
function readMetricsFile(variables: Variables): string | null {
  const path = variables.text('EDGE_METRICS_FILE');
  if (path !== null && !path.endsWith('.prom'))
    throw invalid('EDGE_METRICS_FILE', path, 'the name must end in .prom');
  return path;
}

function readInactivity(variables: Variables): number | null {
  const value = variables.text('EDGE_INACTIVITY_TIMEOUT');
  if (value === null) return null;
  const durationMs = parseDuration(value);
  if (durationMs === null || durationMs < MIN_INACTIVITY_MS || durationMs > MAX_INACTIVITY_MS) {
    throw invalid('EDGE_INACTIVITY_TIMEOUT', value, 'set it to 5s to 24h, such as 30s, 5m or 1h30m');
  }
  return durationMs;
}
