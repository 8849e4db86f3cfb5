import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENT_BUNDLE, buildAgent } from '../../tools/build-agent.js';
import { type Child, startChild } from './child.js';
import type { Scope } from './scope.js';
import { tempFolder } from './temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The agent from its bundle, as a process of its own. Its log is JSON at level debug. */
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
  },
): Promise<TestAgent> {
  const bundle = join(ROOT, AGENT_BUNDLE);
  // `npm test` has built it; a file run on its own may be the first.
  if (!existsSync(bundle)) await buildAgent();
  const dataDir = options.dataDir ?? (await tempFolder(t));
  const child = startChild(t, process.execPath, [bundle], {
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
