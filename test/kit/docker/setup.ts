import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { CreateEnvironment } from '../../../plugin/api.js';
import { startAgent, type TestAgent } from '../agent/agent.js';
import type { SharedEngine } from '../engine/lab.js';
import type { HubApi } from '../hub/api.js';
import type { Hub } from '../hub/hub.js';
import type { Scope } from '../scope.js';

/** One path to the engine: how a docker client that uses it is started. */
export interface DockerSide {
  readonly kind: 'local' | 'hub' | 'port';
  readonly program: string;
  /** Go before the command's own arguments. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A hub and an agent on an engine, and the ways to that engine: its own socket, and through the hub. */
export interface DockerSetup {
  readonly engine: SharedEngine;
  readonly hub: Hub;
  readonly agent: TestAgent;
  readonly environmentId: number;
  readonly local: DockerSide;
  /** By base path. */
  readonly through: DockerSide;
  /** By the Docker port, where the hub has one. */
  readonly byPort?: DockerSide;
}

/** Makes an engine an environment of the hub, with its own agent, to which `env` adds variables. */
export async function joinEngine(
  scope: Scope,
  hub: HubApi,
  socketPath: string,
  {
    environment = { name: `engine of ${socketPath}` },
    env = {},
  }: { environment?: CreateEnvironment; env?: NodeJS.ProcessEnv } = {},
): Promise<{ agent: TestAgent; environmentId: number; through: DockerSide }> {
  const { id, edgeId, edgeKey } = await hub.createEnvironment(environment);
  const agent = await startAgent(scope, { edgeId: edgeId ?? '', edgeKey, engine: socketPath, env });
  await hub.until(id, (view) => view.status === 'online');
  const args = await hub.dockerArgs(id);
  const through: DockerSide = { kind: 'hub', program: 'docker', args, env: cleanEnv() };
  return { agent, environmentId: id, through };
}

/** Each version of the docker client on this machine's PATH, once. */
export function dockerClients(): { readonly program: string; readonly version: string }[] {
  const found = new Map<string, string>();
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const program = join(folder, 'docker');
    try {
      accessSync(program, constants.X_OK);
    } catch {
      continue;
    }
    const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
    if (!found.has(version)) found.set(version, program);
  }
  return [...found].map(([version, program]) => ({ program, version }));
}

/** Nothing in the machine's own configuration may decide which engine or builder is asked. */
export function cleanEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TERM: 'xterm', LANG: 'C.UTF-8' };
}
