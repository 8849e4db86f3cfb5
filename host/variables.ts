import { resolve } from 'node:path';
import { z } from 'zod';

/** An unusable setting. The message names the variable and the reason, never a secret value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65535, 'must be a port, 0 to 65535');

const portOrNone = z
  .string()
  .regex(/^(none|\d{1,5})$/, 'must be a port, 0 to 65535, or none')
  .transform((text) => (text === 'none' ? text : Number(text)))
  .refine((value) => value === 'none' || value <= 65535, 'must be a port, 0 to 65535, or none');

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

const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1');

/** Every variable: its text in `--help`, its default as typed, and its schema. */
const variables = {
  FAIRLEAD_PORT: ['port of dashboard and API; 0 = any free one', '9443', port],
  FAIRLEAD_TUNNEL_PORT: [
    "port for agents' tunnels; 0 = any free one, none = tunnels use FAIRLEAD_PORT",
    '8000',
    portOrNone,
  ],
  FAIRLEAD_DOCKER_PORT: [
    'port for Docker clients with certificates; 0 = any free one, none = off',
    '2376',
    portOrNone,
  ],
  FAIRLEAD_BIND: [
    'listen address of these ports',
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
  FAIRLEAD_DOCKER_ADDRESS: ['host:port that Docker clients with certificates dial', undefined, hostAndPort],
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
  FAIRLEAD_ALLOW_WEAK_PASSWORD: ['1: an admin password of fewer than 12 characters is accepted', '0', flag],
  FAIRLEAD_HSTS_SECONDS: [
    'how long browsers use only HTTPS with this name (Strict-Transport-Security); 0: no such header',
    '0',
    z
      .string()
      .regex(/^\d{1,9}$/, 'must be a number of seconds')
      .transform(Number),
  ],
  FAIRLEAD_METRICS_TOKEN: [
    'bearer token for GET /edge/metrics, 32 characters or more; default: only admins may read them',
    undefined,
    z.string().regex(/^[\w.~+/-]{32,}=*$/, 'must be a token of at least 32 letters, digits or .-_~+/'),
  ],
  FAIRLEAD_METRICS_TOKEN_FILE: ['file that contains it, such as a Docker secret', undefined, z.string()],
  FAIRLEAD_METRICS_PORT: [
    'port of 127.0.0.1 that serves /metrics over HTTP, without a token',
    undefined,
    port.refine((value) => value > 0, 'must be a port, 1 to 65535'),
  ],
  FAIRLEAD_METRICS_PER_ENVIRONMENT: ['1: each environment has metrics of its own', '0', flag],
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

/** The name of a variable. */
export type Variable = keyof typeof variables;
type Value<V extends Variable> = z.infer<(typeof variables)[V][2]>;

/**
 * The value of one variable; an empty one counts as absent.
 * @throws {ConfigError} if it cannot be used
 */
export function readVariable<V extends Variable>(env: NodeJS.ProcessEnv, name: V): Value<V> | undefined {
  const [, byDefault, schema] = variables[name];
  const text = env[name] || byDefault;
  if (text === undefined) return undefined;
  const result = schema.safeParse(text);
  if (!result.success)
    throw new ConfigError(`${name} ${result.error.issues[0]?.message ?? 'cannot be used'}`);
  return result.data as Value<V>;
}

/** The value of a variable that has a default. */
export function requireVariable<V extends Variable>(env: NodeJS.ProcessEnv, name: V): Value<V> {
  const value = readVariable(env, name);
  if (value === undefined) throw new ConfigError(`${name} must be set`);
  return value;
}

/** The table for `--help`. */
export function describeVariables(): string {
  const rows = Object.entries(variables).map(
    ([name, [means, byDefault]]) =>
      `  ${name.padEnd(29)} ${means}${byDefault === undefined ? '' : ` [${byDefault}]`}`,
  );
  return `Environment variables [default]:\n${rows.join('\n')}`;
}
