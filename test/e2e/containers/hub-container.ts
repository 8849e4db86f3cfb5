import { readFile } from 'node:fs/promises';
import { runCommand } from '../../../tools/lab/run-command.js';
import { type Child, startChild } from '../../kit/child.js';
import { AGENT_IMAGE, BASE_IMAGE, type SharedEngine } from '../../kit/engine/lab.js';
import type { Scope } from '../../kit/scope.js';

/** Name of the hub's image in the documentation, but for its version. */
export const HUB_IMAGE = 'fairlead/hub';

/** The hub as `docs/install.md` says to run it in a container. */
export interface ContainedHub {
  /** Where the test and containers of the engine reach it. */
  readonly origin: string;
  /** The container's id; it changes when the container is created again. */
  id(): Promise<string>;
  /** Runs a command line as an operator does who pastes it. */
  paste(command: string): Promise<string>;
  /** The container's log, from its beginning, as long as it runs. */
  followLog(): Promise<Child>;
}

/** Follows the chapter exactly, except for the name of the hub. Container and volume go with the test. */
export async function containHub(t: Scope, engine: SharedEngine): Promise<ContainedHub> {
  // The image that the Dockerfile names by default; there is no registry to get it from.
  await engine.docker(['tag', BASE_IMAGE, 'node:24-bookworm-slim']);
  const env = {
    ...process.env,
    ...engine.clientEnv,
    // The engine's own builder: BuildKit would ask a registry for the base image.
    DOCKER_BUILDKIT: '0',
    COMPOSE_PROJECT_NAME: 'fairlead-test',
    FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE,
    FAIRLEAD_PUBLIC_URL: `https://${engine.address}:9443`,
  };
  const hasPlugin =
    (await runCommand('docker', ['compose', 'version'], { env, allowFailure: true })).code === 0;
  const paste = async (command: string) => {
    const line = command
      .replaceAll('hub.example', engine.address)
      .replace(/^docker compose/, hasPlugin ? '$&' : 'docker-compose')
      // Packages are installed, or this would not run.
      .replace('npm ci && ', '');
    return (await runCommand('sh', ['-ec', line], { env, timeoutMs: 300_000 })).stdout;
  };
  t.teardown(async () => {
    await paste('docker compose -f deploy/compose.yaml down -v -t 0');
  });
  const commands = await documentedCommands('docs/install.md', 'In a container');
  for (const command of commands) if (!command.startsWith('export ')) await paste(command);
  const id = async () => (await paste('docker compose -f deploy/compose.yaml ps -q hub')).trim();
  return {
    origin: env.FAIRLEAD_PUBLIC_URL,
    id,
    paste,
    followLog: async () => startChild(t, 'docker', ['logs', '-f', await id()], env),
  };
}

/** The lines of a chapter's `sh` blocks, in order. A chapter is found by its title. */
async function documentedCommands(file: string, title: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const chapter = text.split(/^##+ /m).find((part) => part.startsWith(`${title}\n`));
  if (chapter === undefined) throw new Error(`${file} has no chapter ${title}`);
  return [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.trimEnd().split('\n'),
  );
}
