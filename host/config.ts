import { readFileSync } from 'node:fs';
import { ConfigError, readVariable, requireVariable, type Variable } from './variables.js';

/** The host's settings, parsed and frozen. */
export interface HostConfig {
  /** Port of dashboard and API; 0 means any free one. Default 9443. */
  readonly port: number;
  /** Port for agents' tunnels; 0 means any free one. Default 8000. */
  readonly tunnelPort: number | 'none';
  /** Port for Docker clients with certificates; 0 means any free one. Default 2376. */
  readonly dockerPort: number | 'none';
  /** Listen address of these ports. Default `0.0.0.0`. */
  readonly bind: string;
  /** Absolute path of the folder that holds all state. Default `./data`. */
  readonly dataDir: string;
  /** URL of this hub as agents and browsers reach it, with or without the mount. Absent: each call's own address. */
  readonly publicUrl?: string;
  /** `host:port` that agents dial for tunnels. Absent: the host of that URL, and the tunnel's port. */
  readonly tunnelAddress?: string;
  /** `host:port` that Docker clients dial. Absent: the host of that URL, and the Docker port. */
  readonly dockerAddress?: string;
  /** Image in printed commands. Absent: the manifest's, tagged with the plugin's version. */
  readonly agentImage?: string;
  /**
   * When a proxy terminates TLS at the public URL: PEM of its certificate's authority, null for a well-known one.
   * Absent: clients see our own certificate.
   */
  readonly publicCa?: string | null;
  /** The file of {@link publicCa}; it is read again when it changes. */
  readonly publicCaFile?: string;
  /** Number of reverse proxies in front whose `X-Forwarded-For` is trusted, 0 to 9. Default 0. */
  readonly trustedProxies: number;
  /** Certificate and key given as files. Absent: our own. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Absent: the stored one, or a random one from the first start. */
  readonly adminPassword?: string;
  /** The file of {@link adminPassword}; it is read again when it changes. */
  readonly adminPasswordFile?: string;
  /** Whether an admin password may have fewer than 12 characters. Default false. */
  readonly allowsWeakPassword: boolean;
  /** Bearer token for the plugins' metrics. Absent: only admins may read them. */
  readonly metricsToken?: string;
  /** Port of the loopback that serves them without a token. Absent: none. */
  readonly metricsPort?: number;
  /** Whether each environment has metrics of its own. Default false. */
  readonly metricsPerEnvironment: boolean;
  /** `max-age` of Strict-Transport-Security, seconds (RFC 6797). Default 0: no such header. */
  readonly hstsSeconds: number;
  /** Default `info`. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default `json`. */
  readonly logFormat: 'json' | 'pretty';
}

const MIN_PASSWORD_LENGTH = 12;

/**
 * Reads the environment. An empty variable counts as absent.
 * @throws {ConfigError} for the first variable that cannot be used
 */
export function readConfig(env: NodeJS.ProcessEnv): HostConfig {
  const publicUrl = readVariable(env, 'FAIRLEAD_PUBLIC_URL');
  const tunnelAddress = readVariable(env, 'FAIRLEAD_TUNNEL_ADDRESS');
  const dockerAddress = readVariable(env, 'FAIRLEAD_DOCKER_ADDRESS');
  const agentImage = readVariable(env, 'FAIRLEAD_AGENT_IMAGE');
  const metricsPort = readMetricsPort(env);
  const password = readPassword(env);
  const authority = readPublicCa(env);
  const tls = readTls(env);
  return Object.freeze({
    port: requireVariable(env, 'FAIRLEAD_PORT'),
    tunnelPort: requireVariable(env, 'FAIRLEAD_TUNNEL_PORT'),
    dockerPort: readDockerPort(env),
    bind: requireVariable(env, 'FAIRLEAD_BIND'),
    dataDir: requireVariable(env, 'FAIRLEAD_DATA_DIR'),
    trustedProxies: requireVariable(env, 'FAIRLEAD_TRUST_PROXY'),
    allowsWeakPassword: requireVariable(env, 'FAIRLEAD_ALLOW_WEAK_PASSWORD'),
    metricsPerEnvironment: requireVariable(env, 'FAIRLEAD_METRICS_PER_ENVIRONMENT'),
    hstsSeconds: requireVariable(env, 'FAIRLEAD_HSTS_SECONDS'),
    logLevel: requireVariable(env, 'FAIRLEAD_LOG_LEVEL'),
    logFormat: requireVariable(env, 'FAIRLEAD_LOG_FORMAT'),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(tunnelAddress === undefined ? {} : { tunnelAddress }),
    ...(dockerAddress === undefined ? {} : { dockerAddress }),
    ...(agentImage === undefined ? {} : { agentImage }),
    ...(metricsPort === undefined ? {} : { metricsPort }),
    ...readMetricsToken(env),
    ...authority,
    ...password,
    ...(tls === undefined ? {} : { tls }),
  });
}

function readPassword(env: NodeJS.ProcessEnv): Pick<HostConfig, 'adminPassword' | 'adminPasswordFile'> {
  const given = readVariable(env, 'FAIRLEAD_ADMIN_PASSWORD');
  const file = readVariable(env, 'FAIRLEAD_ADMIN_PASSWORD_FILE');
  const allowsWeak = requireVariable(env, 'FAIRLEAD_ALLOW_WEAK_PASSWORD');
  if (file === undefined) {
    return given === undefined
      ? {}
      : { adminPassword: strongPassword('FAIRLEAD_ADMIN_PASSWORD', given, allowsWeak) };
  }
  if (given !== undefined) {
    throw new ConfigError(
      'FAIRLEAD_ADMIN_PASSWORD_FILE must not be set together with FAIRLEAD_ADMIN_PASSWORD',
    );
  }
  return { adminPassword: readPasswordFile(file, allowsWeak), adminPasswordFile: file };
}

/** @throws {ConfigError} when the file cannot be used */
export function readPasswordFile(file: string, allowsWeak: boolean): string {
  const password = readable('FAIRLEAD_ADMIN_PASSWORD_FILE', file).replace(/\r?\n$/, '');
  if (password === '') throw new ConfigError('FAIRLEAD_ADMIN_PASSWORD_FILE names an empty file');
  return strongPassword('FAIRLEAD_ADMIN_PASSWORD_FILE', password, allowsWeak);
}

/** Guessing a short password would give root on every engine. */
function strongPassword(name: Variable, password: string, allowsWeak: boolean): string {
  if (password.length >= MIN_PASSWORD_LENGTH || allowsWeak) return password;
  throw new ConfigError(
    `${name} must have at least ${MIN_PASSWORD_LENGTH} characters; FAIRLEAD_ALLOW_WEAK_PASSWORD=1 accepts fewer`,
  );
}

function readMetricsPort(env: NodeJS.ProcessEnv): number | undefined {
  const port = readVariable(env, 'FAIRLEAD_METRICS_PORT');
  for (const other of ['FAIRLEAD_PORT', 'FAIRLEAD_TUNNEL_PORT', 'FAIRLEAD_DOCKER_PORT'] as const)
    if (port !== undefined) requireOtherPort(env, 'FAIRLEAD_METRICS_PORT', port, other);
  return port;
}

function readDockerPort(env: NodeJS.ProcessEnv): number | 'none' {
  const port = requireVariable(env, 'FAIRLEAD_DOCKER_PORT');
  if (port === 'none' || port === 0) return port;
  for (const other of ['FAIRLEAD_PORT', 'FAIRLEAD_TUNNEL_PORT'] as const)
    requireOtherPort(env, 'FAIRLEAD_DOCKER_PORT', port, other);
  return port;
}

function requireOtherPort(
  env: NodeJS.ProcessEnv,
  name: Variable,
  port: number,
  other: 'FAIRLEAD_PORT' | 'FAIRLEAD_TUNNEL_PORT' | 'FAIRLEAD_DOCKER_PORT',
): void {
  if (port === requireVariable(env, other))
    throw new ConfigError(`${name} must be another port than ${other}: both are ${port}`);
}

function readMetricsToken(env: NodeJS.ProcessEnv): Pick<HostConfig, 'metricsToken'> {
  const name = 'FAIRLEAD_METRICS_TOKEN';
  const file = readVariable(env, `${name}_FILE`);
  const given = readVariable(env, name);
  if (file !== undefined && given !== undefined)
    throw new ConfigError(`${name}_FILE must not be set together with ${name}`);
  const text = file === undefined ? given : readable(`${name}_FILE`, file).trim();
  if (text === undefined) return {};
  const metricsToken = readVariable({ [name]: text }, name);
  if (metricsToken === undefined) throw new ConfigError(`${name}_FILE names an empty file`);
  return { metricsToken };
}

function readPublicCa(env: NodeJS.ProcessEnv): Pick<HostConfig, 'publicCa' | 'publicCaFile'> {
  const value = readVariable(env, 'FAIRLEAD_PUBLIC_CA');
  if (value === undefined) return {};
  return value === 'public' ? { publicCa: null } : { publicCa: readPublicCaFile(value), publicCaFile: value };
}

/** @throws {ConfigError} when the file cannot be used */
export function readPublicCaFile(file: string): string {
  const pem = readable('FAIRLEAD_PUBLIC_CA', file);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new ConfigError('FAIRLEAD_PUBLIC_CA names a file that holds no PEM certificate');
}

function readTls(env: NodeJS.ProcessEnv): HostConfig['tls'] {
  const certFile = readVariable(env, 'FAIRLEAD_TLS_CERT');
  const keyFile = readVariable(env, 'FAIRLEAD_TLS_KEY');
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined) throw new ConfigError('FAIRLEAD_TLS_CERT must be set if FAIRLEAD_TLS_KEY is');
  if (keyFile === undefined) throw new ConfigError('FAIRLEAD_TLS_KEY must be set if FAIRLEAD_TLS_CERT is');
  readable('FAIRLEAD_TLS_CERT', certFile);
  readable('FAIRLEAD_TLS_KEY', keyFile);
  return { certFile, keyFile };
}

function readable(name: Variable, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`${name} names a file that cannot be read: ${file} (${code})`);
  }
}
