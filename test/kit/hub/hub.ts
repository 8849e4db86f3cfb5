import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../child.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { type HubApi, signIn } from './api.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PASSWORD = 'a-password-for-tests';
/** A start takes about two seconds; several in parallel on a busy machine take longer. */
const START_MS = 90_000;

/** The bundled host with the plugin, as a separate process. */
export interface Hub extends HubApi {
  readonly dataDir: string;
  readonly port: number;
  /** 0: `env` says that there is none. */
  readonly tunnelPort: number;
  /** 0: it is off, unless `env` says otherwise. */
  readonly dockerPort: number;
  readonly password: string;
  readonly child: Child;
}

/**
 * Starts a hub. With `like` it is the restart of an ended one: same data folder, same ports.
 * `env` adds or replaces `FAIRLEAD_…` variables. `through` is a command that starts the one behind it in its own place.
 */
export async function startHub(
  t: Scope,
  {
    like,
    env = {},
    through = [],
    dataDir: givenDir,
  }: { like?: Hub; env?: NodeJS.ProcessEnv; through?: readonly string[]; dataDir?: string } = {},
): Promise<Hub> {
  const dataDir = givenDir ?? like?.dataDir ?? (await tempFolder(t));
  const [command = '', ...args] = [
    ...through,
    process.execPath,
    '--import',
    'tsx',
    join(ROOT, 'host/main.ts'),
  ];
  const child = startChild(t, command, args, {
    ...process.env,
    NODE_ENV: 'test',
    FAIRLEAD_PORT: String(like?.port ?? 0),
    FAIRLEAD_TUNNEL_PORT: String(like?.tunnelPort ?? 0),
    FAIRLEAD_DOCKER_PORT: like?.dockerPort ? String(like.dockerPort) : 'none',
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_ADMIN_PASSWORD: PASSWORD,
    ...env,
  });
  const line = await child.untilLine(/^fairlead: dashboard https:/, START_MS);
  const [, port, tunnelPort = 0, dockerPort = 0] =
    /:(\d+) {2}tunnel (?:none|.*?:(\d+))(?: {2}docker .*:(\d+))?$/.exec(line) ?? [];
  const api = await signIn(t, { origin: `https://localhost:${port}`, password: PASSWORD });
  return {
    ...api,
    dataDir,
    port: Number(port),
    tunnelPort: Number(tunnelPort),
    dockerPort: Number(dockerPort),
    password: PASSWORD,
    child,
  };
}
