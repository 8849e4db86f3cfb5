import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENT_BUNDLE, buildAgent } from '../../../tools/build/agent.js';
import { type Child, startChild } from '../child.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The agent from its bundle, as a separate process. Its log is JSON at level debug. */
export interface TestAgent {
  readonly child: Child;
  readonly dataDir: string;
}

/**
 * Starts an agent. `engine` is the path of an engine's socket. `env` adds or replaces variables;
 * the hub's certificate is accepted unseen unless `EDGE_INSECURE_POLL` says otherwise.
 */
export async function startAgent(
  t: Scope,
  options: {
    edgeId: string;
    edgeKey: string;
    engine: string;
    dataDir?: string;
    env?: NodeJS.ProcessEnv;
    /** UUID of a boot that only this agent sees, as on a clone of the machine; needs root. Default: this machine's. */
    bootId?: string;
  },
): Promise<TestAgent> {
  const bundle = join(ROOT, AGENT_BUNDLE);
  // `npm test` has built it; a file run on its own may be the first.
  if (!existsSync(bundle)) await buildAgent();
  const dataDir = options.dataDir ?? (await tempFolder(t));
  const [command, ...args] = [...(await withBootId(t, options.bootId)), process.execPath, bundle] as const;
  const child = startChild(t, command, args, {
    PATH: process.env.PATH,
    EDGE_ID: options.edgeId,
    EDGE_KEY: options.edgeKey,
    EDGE_INSECURE_POLL: '1',
    DATA_DIR: dataDir,
    DOCKER_HOST: `unix://${options.engine}`,
    LOG_LEVEL: 'debug',
    LOG_FORMAT: 'json',
    ...options.env,
  });
  return { child, dataDir };
}

/** The beginning of a command line that shows a process another boot id: a mount namespace with a file of ours in it. */
async function withBootId(t: Scope, bootId: string | undefined): Promise<string[]> {
  if (bootId === undefined) return [];
  const file = join(await tempFolder(t), 'boot_id');
  await writeFile(file, `${bootId}\n`);
  const mount = `mount --bind ${file} /proc/sys/kernel/random/boot_id && exec "$@"`;
  return ['unshare', '--mount', '--propagation=private', 'sh', '-c', mount, 'sh'];
}
