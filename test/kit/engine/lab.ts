import test from 'ava';
import { buildAgent } from '../../../tools/build/agent.js';
import { type EngineOptions, LabEngine } from '../../../tools/lab/engine.js';
import { AGENT_IMAGE, buildAgentImage } from '../../../tools/lab/images/agent-image.js';
import {
  BASE_IMAGE,
  BUSYBOX_IMAGE,
  makeBaseImage,
  makeBusyboxImage,
} from '../../../tools/lab/images/base-image.js';
import { type CommandOptions, type CommandResult, runCommand } from '../../../tools/lab/run-command.js';
import type { LabDescription } from '../../../tools/lab/shared-engine.js';
import type { Scope } from '../scope.js';

export { AGENT_IMAGE, BASE_IMAGE, BUSYBOX_IMAGE };

/** What a test may do with an engine that other tests use too. */
export interface SharedEngine {
  /** The engine's unix socket. */
  readonly socketPath: string;
  /** Address at which its containers reach a server of the test that listens on `0.0.0.0`. */
  readonly gateway: string;
  /** Address at which ports that its containers publish are reached. */
  readonly address: string;
  /** Runs the docker client against it. */
  docker(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Variables for a `docker` process of the test's own. */
  readonly clientEnv: Readonly<Record<string, string>>;
}

/**
 * `test` of AVA for what needs a Docker Engine: skipped, and counted as such, on a machine that cannot run
 * one (`npm test` says why). All of `test/e2e/` uses it.
 */
export const labTest = process.env.FAIRLEAD_NO_LAB ? test.skip : test;

/** {@link labTest} for tests of a file that run one after the other. */
export const serialLabTest = process.env.FAIRLEAD_NO_LAB ? test.serial.skip : test.serial;

/**
 * `test` of AVA for what needs, besides an engine, a proxy, Podman, Compose or the like (`tools/lab/install/servers.ts`);
 * those of a file run one after the other. Skipped where these cannot be had (`npm test` says why).
 */
export const serialServerTest =
  process.env.FAIRLEAD_NO_LAB || process.env.FAIRLEAD_NO_SERVERS ? test.serial.skip : test.serial;

/**
 * An engine for this test alone, that it may stop and kill. It holds {@link BUSYBOX_IMAGE}, and with `images`
 * also {@link BASE_IMAGE} and {@link AGENT_IMAGE}.
 */
export async function startEngine(
  t: Scope,
  options: { images?: boolean } & Pick<EngineOptions, 'args' | 'files' | 'parentDir'> = {},
): Promise<LabEngine> {
  const { images: _, ...own } = options;
  const engine = await LabEngine.create(own);
  t.teardown(() => engine.close());
  await makeBusyboxImage(engine);
  if (options.images) await addAgentImage(engine);
  return engine;
}

/**
 * The engine all e2e files of a run share, with the lab images in it. Other tests use it at the same time:
 * give containers names of your own, remove them in a teardown, and don't count what you didn't make.
 */
export function sharedEngine(): Promise<SharedEngine> {
  shared ??= process.env.FAIRLEAD_LAB ? fromRunner(process.env.FAIRLEAD_LAB) : ownForThisFile();
  return shared;
}

let shared: Promise<SharedEngine> | undefined;
let own: LabEngine | undefined;
test.after.always('lab: the engine of this file is closed', () => own?.close());

async function fromRunner(json: string): Promise<SharedEngine> {
  const lab: LabDescription = JSON.parse(json);
  return {
    ...lab,
    docker: (args, options = {}) =>
      runCommand('docker', args, { ...options, env: { ...process.env, ...lab.clientEnv, ...options.env } }),
  };
}

/** For `npx ava file`: an engine as long as the file runs. */
async function ownForThisFile(): Promise<SharedEngine> {
  own = await LabEngine.create();
  await makeBusyboxImage(own);
  await addAgentImage(own);
  return own;
}

async function addAgentImage(engine: LabEngine): Promise<void> {
  if (!process.env.FAIRLEAD_LAB) await buildAgent();
  await makeBaseImage(engine);
  await buildAgentImage(engine);
}
