import { buildHubImage, HUB_IMAGE } from '../../tools/lab/hub-image.js';
import { type CommandResult, runCommand } from '../../tools/lab/run-command.js';
import { type Child, startChild } from './child.js';
import { AGENT_IMAGE, type SharedEngine } from './lab.js';
import type { Scope } from './scope.js';

/** The hub of `deploy/compose.yaml` on an engine. */
export interface ComposedHub {
  /** Where the test and containers of the engine reach it. */
  readonly origin: string;
  /** The container's id; another one after it was made anew. */
  id(): Promise<string>;
  /** Runs docker-compose on the file, as its operator does. */
  compose(...args: string[]): Promise<CommandResult>;
  /** The container's log, from its beginning, as long as it runs. */
  followLog(): Promise<Child>;
}

/** Builds the image and starts the hub by the compose file. Container and volume go with the test. */
export async function composeHub(t: Scope, engine: SharedEngine): Promise<ComposedHub> {
  await buildHubImage(engine);
  const origin = `https://${engine.address}:9443`;
  const clientEnv = { ...process.env, ...engine.clientEnv };
  const env = {
    ...clientEnv,
    FAIRLEAD_HUB_IMAGE: HUB_IMAGE,
    FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE,
    FAIRLEAD_PUBLIC_URL: origin,
  };
  const compose = (...args: string[]) =>
    runCommand('docker-compose', ['-p', 'fairlead-test', '-f', 'deploy/compose.yaml', ...args], { env });
  t.teardown(async () => {
    await compose('down', '-v', '-t', '0');
  });
  await compose('up', '-d');
  const id = async () => (await compose('ps', '-q', 'hub')).stdout.trim();
  return {
    origin,
    id,
    compose,
    followLog: async () => startChild(t, 'docker', ['logs', '-f', await id()], clientEnv),
  };
}
