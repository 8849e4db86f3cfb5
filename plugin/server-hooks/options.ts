import { randomBytes } from 'node:crypto';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import manifest from '../../manifest.json' with { type: 'json' };
import { parseApiUrl, parseTunnelAddress } from '../../protocol/crypto/edge-key.js';
import { type Clock, systemClock } from '../../protocol/time/clock.js';

/** Options of the plugin. Only `dataDir` has no default. */
export interface PluginOptions {
  /** Absolute path of the plugin's own folder; created if missing. Only one hub at a time may use it. */
  readonly dataDir: string;
  /**
   * Full path at which the host mounts the plugin, as clients see it: `/edge`, `/tools/edge`, or `/`, in which case
   * every request is the plugin's. No trailing slash except for `/`. Default `/edge`.
   */
  readonly mount?: string;
  /**
   * TCP port agents dial, 0 to 65535; 0: any free one, returned by `start()`; `none`: tunnels go by the API's address
   * only. Default 8000.
   */
  readonly tunnelPort?: number | 'none';
  /**
   * TCP port of the Docker API with client certificates, 0 to 65535; 0: any free one, returned by `start()`; `none`: off.
   * Default 2376. The hub runs without it while it is not free.
   */
  readonly dockerPort?: number | 'none';
  /** Address that both listen on. Default `0.0.0.0`. */
  readonly bind?: string;
  /**
   * The plugin's base URL as agents reach it, mount path included: `https://hub.example:9443/edge`. The setting of the
   * same name has priority. Default: taken from each request that creates an environment.
   */
  readonly publicUrl?: string;
  /** `host:port` of the tunnel as agents reach it, IPv6 in brackets. Default: host of the URL, the tunnel's port. */
  readonly tunnelAddress?: string;
  /** `host:port` of the Docker port as clients reach it, IPv6 in brackets. Default: host of the URL, the port itself. */
  readonly dockerAddress?: string;
  /** Image in printed commands. Default `fairlead/agent:<version>`. */
  readonly agentImage?: string;
  /** Bearer token for `GET /metrics`, of 32 characters or more. Default: none, and only admins may read it. */
  readonly metricsToken?: string;
  /** Port of the loopback that serves `/metrics` over HTTP, without a token. Default: none. */
  readonly metricsPort?: number;
  /** Whether each environment has metrics of its own. Default false. */
  readonly metricsPerEnvironment?: boolean;
  /** Time and timers. Default: the machine's. */
  readonly clock?: Clock;
  /** Source of every secret: must be cryptographically secure. Default: `node:crypto`. */
  readonly randomBytes?: (size: number) => Buffer;
}

/** {@link PluginOptions} with defaults applied; `null` if there is none. Frozen. */
export interface ResolvedOptions {
  readonly dataDir: string;
  /** Empty for `/`. */
  readonly mount: string;
  readonly tunnelPort: number | null;
  readonly dockerPort: number | null;
  readonly bind: string;
  readonly publicUrl: string | null;
  readonly tunnelAddress: string | null;
  readonly dockerAddress: string | null;
  readonly agentImage: string;
  readonly metricsToken: string | null;
  readonly metricsPort: number | null;
  readonly metricsPerEnvironment: boolean;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** A check that uses one of our parsers; the option's value is the parser's result. */
const parsedBy = (parse: (value: string) => string, what: string) =>
  z.string().transform((value, context) => {
    try {
      return parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: `must be ${what}` });
      return z.NEVER;
    }
  });

const hostAndPort = parsedBy(parseTunnelAddress, 'host:port')
  .optional()
  .transform((value) => value ?? null);

const portOrNone = (defaultPort: number) =>
  z
    .union([z.int().min(0).max(65_535), z.literal('none')], 'must be a port, 0 to 65535, or none')
    .default(defaultPort)
    .transform((value) => (value === 'none' ? null : value));

const optionsSchema = z.strictObject({
  dataDir: z.string().refine(isAbsolute, 'must be an absolute path'),
  mount: z
    .string()
    .regex(/^(\/|(\/[A-Za-z0-9._~-]+)+)$/, 'must be a path such as /edge, without a slash at its end')
    .default('/edge')
    .transform((path) => (path === '/' ? '' : path)),
  tunnelPort: portOrNone(8000),
  dockerPort: portOrNone(2376),
  bind: z
    .string()
    .regex(/^[A-Za-z0-9.:_%-]+$/, 'must be an address to listen on')
    .default('0.0.0.0'),
  publicUrl: parsedBy(parseApiUrl, 'an http(s) URL without credentials, query or fragment')
    .optional()
    .transform((value) => value ?? null),
  tunnelAddress: hostAndPort,
  dockerAddress: hostAndPort,
  agentImage: z
    .string()
    .regex(/^[^\s\p{Cc}-][^\s\p{Cc}]{0,1023}$/u, 'must be the name of an image')
    .default(`${manifest.agent.image}:${manifest.version}`),
  metricsToken: z
    .string()
    .regex(/^[A-Za-z0-9._~+/-]{32,}=*$/, 'must be a token of at least 32 letters, digits or .-_~+/')
    .optional()
    .transform((value) => value ?? null),
  metricsPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .transform((value) => value ?? null),
  metricsPerEnvironment: z.boolean().default(false),
  clock: z.custom<Clock>(isClock, 'must have now, monotonic, after and every').default(systemClock),
  randomBytes: z
    .custom<(size: number) => Buffer>((value) => typeof value === 'function', 'must be a function')
    .default(() => randomBytes),
});

/**
 * Validates the options and applies the defaults; the input is not modified. An option that is `undefined` counts as
 * absent.
 * @throws TypeError that names the option: a bug in the program that mounts the plugin
 */
export function parseOptions(options: PluginOptions): ResolvedOptions {
  const { data, error } = optionsSchema.safeParse(options);
  if (data) return Object.freeze(data);
  const [issue] = error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
  throw new TypeError(
    `createPlugin: ${name === undefined ? 'options' : `option ${String(name)}`}: ${issue?.message}`,
  );
}

function isClock(value: unknown): boolean {
  const clock = Object(value);
  return ['now', 'monotonic', 'after', 'every'].every((name) => typeof clock[name] === 'function');
}
