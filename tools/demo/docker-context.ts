import { runCommand } from '../lab/run-command.js';
import type { DemoHub } from './start-hub.js';

/** The first that is free, or left by a demo that was killed. */
const NAMES = ['fairlead-demo', 'fairlead-demo-2', 'fairlead-demo-3'];

/** A Docker context of this user for a demo's environment, made by the `fairlead` command. */
export interface DemoContext {
  readonly name: string;
  /** If it is Docker's current context, the default one is again. Safe to call twice. */
  remove(): Promise<void>;
}

/**
 * Creates it. Contexts of another origin are never replaced.
 * @param configFolder for the command's own files
 * @throws Error if there is no docker client, or no name is free
 */
export async function createDemoContext(
  hub: DemoHub,
  environmentId: number,
  configFolder: string,
): Promise<DemoContext> {
  await runCommand('docker', ['--version']);
  const env = {
    ...process.env,
    FAIRLEAD_HUB: hub.url,
    FAIRLEAD_TOKEN: hub.client.token,
    FAIRLEAD_CA: hub.caFile,
    FAIRLEAD_CONFIG: configFolder,
  };
  let problem = '';
  for (const name of NAMES) {
    const args = ['--import', 'tsx', 'cli/main.ts', 'context', String(environmentId), '--as', name];
    const { code, stderr } = await runCommand(process.execPath, args, { env, allowFailure: true });
    if (code === 0) return { name, remove: () => remove(name) };
    problem = stderr.trim();
  }
  throw new Error(problem);
}

async function remove(name: string): Promise<void> {
  // With one of these set, the client would leave the name of a removed context as its current one.
  const { DOCKER_HOST: _, DOCKER_CONTEXT: __, ...env } = process.env;
  await runCommand('docker', ['context', 'rm', '--force', name], { env });
}
