import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** The host's settings, parsed and frozen. */
export interface HostConfig {
  /** Port of dashboard and API; 0 means any free one. Default 9443. */
  readonly port: number;
  /** Port for agents' tunnels; 0 means any free one. Default 8000. */
  readonly tunnelPort: number;
  /** Listen address of both ports. Default `0.0.0.0`. */
  readonly bind: string;
  /** Absolute path of the folder that holds all state. Default `./data`. */
  readonly dataDir: string;
  /** URL of this hub as agents and browsers reach it, with or without the mount. Absent: each call's own address. */
  readonly publicUrl?: string;
  /** `host:port` that agents dial for tunnels. Absent: the host of that URL, and the tunnel's port. */
  readonly tunnelAddress?: string;
  /** Image in printed commands. Absent: the manifest's, tagged with the plugin's version. */
  readonly agentImage?: string;
  /**
   * When a proxy terminates TLS at the public URL: PEM of its certificate's authority, null for a well-known one.
   * Absent: clients see our own certificate.
   */
  readonly publicCa?: string | null;
  /** The file that {@link publicCa} came from; it is read again when it changes. */
  readonly publicCaFile?: string;
  /** Number of reverse proxies in front whose `X-Forwarded-For` is trusted, 0 to 9. Default 0. */
  readonly trustedProxies: number;
  /** Certificate and key given as files. Absent: our own. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Absent: the stored one, or a random one from the first start. */
  readonly adminPassword?: string;
  /** The file that {@link adminPassword} came from; it is read again when it changes. */
  readonly adminPasswordFile?: string;
  /** Whether an admin password may have fewer than 12 characters. Default false. */
  readonly allowsWeakPassword: boolean;
  /** `max-age` of Strict-Transport-Security, seconds (RFC 6797). Default 0: no such header. */
  readonly hstsSeconds: number;
  /** Default `info`. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default `json`. */
  readonly logFormat: 'json' | 'pretty';
}

/** An unusable setting. The message names the variable and the reason, never a secret value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65535, 'must be a port, 0 to 65535');

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .regex(/^[^?#@|]*$/, 'must be a URL without credentials, query or fragment');

const hostAndPort = z
  .string()
  .regex(/^(\[[\da-f:.]+\]|[^\s:/|@?#]+):\d{1,5}$/i, 'must be host:port, IPv6 in brackets')
  .refine(
    (value) => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65535,
    'must have a port of at most 65535',
  );

/** Every variable: its text in `--help`, its default as typed, and its schema. */
const variables = {
  FAIRLEAD_PORT: ['port of dashboard and API; 0 = any free one', '9443', port],
  FAIRLEAD_TUNNEL_PORT: ["port for agents' tunnels; 0 = any free one", '8000', port],
  FAIRLEAD_BIND: [
    'listen address of both ports',
    '0.0.0.0',
    z.union([z.ipv4(), z.ipv6()], 'must be an IP address'),
  ],
  FAIRLEAD_DATA_DIR: ['folder that holds all state', './data', z.string().transform((path) => resolve(path))],
  FAIRLEAD_PUBLIC_URL: [
    'URL of this hub as agents and browsers reach it, such as https://hub.example:9443',
    undefined,
    httpUrl,
  ],
  FAIRLEAD_TUNNEL_ADDRESS: ['host:port that agents dial for tunnels', undefined, hostAndPort],
  FAIRLEAD_AGENT_IMAGE: [
    'image in printed commands; default from the manifest',
    undefined,
    z.string().regex(/^[\w][\w./:@-]*$/, 'must be an image reference'),
  ],
  FAIRLEAD_PUBLIC_CA: [
    "if a proxy terminates TLS: PEM file of its certificate's authority, or `public` for a well-known one",
    undefined,
    z.string(),
  ],
  FAIRLEAD_TRUST_PROXY: [
    'reverse proxies in front: with N, the Nth address from the right of X-Forwarded-For is the client',
    '0',
    z
      .string()
      .regex(/^(\d|true|false)$/, 'must be a number of proxies, 0 to 9, or true (1) or false (0)')
      .transform((value) => (value === 'true' ? 1 : value === 'false' ? 0 : Number(value))),
  ],
  FAIRLEAD_TLS_CERT: [
    'PEM file: certificate and chain; default: our own CA makes one',
    undefined,
    z.string(),
  ],
  FAIRLEAD_TLS_KEY: ['PEM file: its key', undefined, z.string()],
  FAIRLEAD_ADMIN_PASSWORD: [
    'admin password; default: generated at first start and printed once',
    undefined,
    z.string(),
  ],
  FAIRLEAD_ADMIN_PASSWORD_FILE: ['file that contains it, such as a Docker secret', undefined, z.string()],
  FAIRLEAD_ALLOW_WEAK_PASSWORD: [
    '1: an admin password of fewer than 12 characters is accepted',
    '0',
    z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1'),
  ],
  FAIRLEAD_HSTS_SECONDS: [
    'how long browsers use only HTTPS with this name (Strict-Transport-Security); 0: no such header',
    '0',
    z
      .string()
      .regex(/^\d{1,9}$/, 'must be a number of seconds')
      .transform(Number),
  ],
  FAIRLEAD_LOG_LEVEL: [
    'trace, debug, info, warn, error or silent; the log goes to stderr',
    'info',
    z.enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'must be trace, debug, info, warn, error or silent',
    ),
  ],
  FAIRLEAD_LOG_FORMAT: ['json or pretty', 'json', z.enum(['json', 'pretty'], 'must be json or pretty')],
} as const satisfies Record<
  string,
  readonly [means: string, byDefault: string | undefined, schema: z.ZodType]
>;

const MIN_PASSWORD_LENGTH = 12;

type Variable = keyof typeof variables;
type Value<V extends Variable> = z.infer<(typeof variables)[V][2]>;

/**
 * Reads the environment. An empty variable counts as absent.
 * @throws {ConfigError} for the first variable that cannot be used
 */
export function readConfig(env: NodeJS.ProcessEnv): HostConfig {
  const publicUrl = read(env, 'FAIRLEAD_PUBLIC_URL');
  const tunnelAddress = read(env, 'FAIRLEAD_TUNNEL_ADDRESS');
  const agentImage = read(env, 'FAIRLEAD_AGENT_IMAGE');
  const password = readPassword(env);
  const authority = readPublicCa(env);
  const tls = readTls(env);
  return Object.freeze({
    port: required(env, 'FAIRLEAD_PORT'),
    tunnelPort: required(env, 'FAIRLEAD_TUNNEL_PORT'),
    bind: required(env, 'FAIRLEAD_BIND'),
    dataDir: required(env, 'FAIRLEAD_DATA_DIR'),
    trustedProxies: required(env, 'FAIRLEAD_TRUST_PROXY'),
    allowsWeakPassword: required(env, 'FAIRLEAD_ALLOW_WEAK_PASSWORD'),
    hstsSeconds: required(env, 'FAIRLEAD_HSTS_SECONDS'),
    logLevel: required(env, 'FAIRLEAD_LOG_LEVEL'),
    logFormat: required(env, 'FAIRLEAD_LOG_FORMAT'),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(tunnelAddress === undefined ? {} : { tunnelAddress }),
    ...(agentImage === undefined ? {} : { agentImage }),
    ...authority,
    ...password,
    ...(tls === undefined ? {} : { tls }),
  });
}

/** The table for `--help`. */
export function describeVariables(): string {
  const rows = Object.entries(variables).map(
    ([name, [means, byDefault]]) =>
      `  ${name.padEnd(29)} ${means}${byDefault === undefined ? '' : ` [${byDefault}]`}`,
  );
  return `Environment variables [default]:\n${rows.join('\n')}`;
}

function read<V extends Variable>(env: NodeJS.ProcessEnv, name: V): Value<V> | undefined {
  const [, byDefault, schema] = variables[name];
  const text = env[name] || byDefault;
  if (text === undefined) return undefined;
  const result = schema.safeParse(text);
  if (!result.success)
    throw new ConfigError(`${name} ${result.error.issues[0]?.message ?? 'cannot be used'}`);
  return result.data as Value<V>;
}

function required<V extends Variable>(env: NodeJS.ProcessEnv, name: V): Value<V> {
  const value = read(env, name);
  if (value === undefined) throw new ConfigError(`${name} must be set`);
  return value;
}

function readPassword(env: NodeJS.ProcessEnv): Pick<HostConfig, 'adminPassword' | 'adminPasswordFile'> {
  const given = read(env, 'FAIRLEAD_ADMIN_PASSWORD');
  const file = read(env, 'FAIRLEAD_ADMIN_PASSWORD_FILE');
  const allowsWeak = required(env, 'FAIRLEAD_ALLOW_WEAK_PASSWORD');
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

function readPublicCa(env: NodeJS.ProcessEnv): Pick<HostConfig, 'publicCa' | 'publicCaFile'> {
  const value = read(env, 'FAIRLEAD_PUBLIC_CA');
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
  const certFile = read(env, 'FAIRLEAD_TLS_CERT');
  const keyFile = read(env, 'FAIRLEAD_TLS_KEY');
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
