import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { codeOf } from '../../protocol/problems/problem.js';
import { writeCertificates } from '../docker/write-certificates.js';
import { Failure } from '../failure.js';
import { findEnvironment } from '../hub/environments.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';

interface ExecOptions extends GlobalOptions {
  readonly node?: string;
}

/** A forgotten access ends by then; it is revoked when the command ends. */
const ACCESS_MS = 24 * 60 * 60 * 1000;
/** As shells end when a command cannot be started. */
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/** `fairlead exec NAME -- CMD…`. */
export function addExec(program: Command, runtime: Runtime): void {
  program
    .command('exec')
    .description('Run a command that uses an environment as its Docker Engine')
    .usage('[options] <name> -- <command> [args...]')
    .argument('<name>', 'name or id of the environment')
    .argument('<command...>', 'command and its arguments')
    .option('--node <node>', 'use this node of a Swarm: its id or name')
    .addHelpText(
      'after',
      `
The command gets DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. Its certificate is revoked when
it ends, at the latest after 24 hours. The exit code is that of the command.

Examples:
  fairlead exec shop -- docker ps
  fairlead exec shop -- docker compose up -d`,
    )
    .action(async (name: string, words: string[], _options, command: Command) =>
      exec(new Session(runtime), name, words, command.optsWithGlobals()),
    );
}

async function exec(session: Session, name: string, words: string[], options: ExecOptions): Promise<void> {
  const { runtime } = session;
  const hub = await session.client(options);
  const environment = await findEnvironment(hub, name);
  const accesses = session.accesses(hub);
  const request = {
    name: `exec on ${runtime.hostName}`,
    node: options.node,
    expiresAt: new Date(runtime.clock.now() + ACCESS_MS),
  };
  const exitCode = await accesses.during(environment, request, async (access) => {
    const folder = await mkdtemp(join(runtime.env.XDG_RUNTIME_DIR || runtime.tempFolder, 'fairlead-'));
    try {
      await writeCertificates(folder, access);
      // An interrupt does not end the creation of an access: its id must be known.
      runtime.interrupted.throwIfAborted();
      return await runCommand(runtime, words, {
        DOCKER_HOST: access.host,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: folder,
        // A context would be used instead by some clients.
        DOCKER_CONTEXT: undefined,
        DOCKER_TLS: undefined,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  if (exitCode !== 0) throw new Failure('', { exitCode });
}

/** Resolves with its exit code, or 128 and the number of the signal that ended it, as in shells. */
function runCommand(runtime: Runtime, words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = words;
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...runtime.env, ...env } });
    const pass = (signal: NodeJS.Signals) => {
      // A terminal sends its own to the command, too.
      if (FROM_TERMINAL.has(signal) && runtime.stdin.isTTY) return;
      child.kill(signal);
    };
    runtime.signals.on('signal', pass);
    const settle = () => runtime.signals.off('signal', pass);
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
    });
  }).catch((error: Error) => {
    // `spawn` throws some errors, such as E2BIG, and emits others.
    const code = codeOf(error);
    const exitCode = code === 'ENOENT' ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    throw new Failure(`Cannot run ${program}: ${error.message}`, { exitCode, code });
  });
}
