import { CommanderError } from 'commander';
import { codeOf } from '../protocol/problems/problem.js';
import { EXIT, Failure } from './failure.js';

/** What Node's errors of files and sockets mean, and the next step. */
const CAUSES: Readonly<Record<string, readonly [sentence: string, nextStep: string]>> = {
  EACCES: ['permission denied', 'Check who owns it'],
  EPERM: ['permission denied', 'Check who owns it'],
  EROFS: ['the file system is read-only', 'Choose a place that this user can write to'],
  ENOENT: ['it does not exist', 'Check the path'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path'],
  EISDIR: ['it is a folder', 'Check the path'],
  ENOSPC: ['the disk is full', 'Free some space'],
  EDQUOT: ['the quota is used up', 'Free some space'],
  EMFILE: ['too many files are open', 'Raise the limit: ulimit -n'],
  EADDRINUSE: ['it is in use', 'Choose another one with --port or --socket'],
  EADDRNOTAVAIL: ['this machine does not have it', 'Choose another one with --port or --socket'],
};

/**
 * The only place where an error that is not a {@link Failure} becomes one.
 * @param file what was read, which not all errors name
 */
export function failureOf(error: unknown, file?: string): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) return usageFailure(error);
  const code = codeOf(error);
  const { path, syscall, address, port } = Object(error) as Readonly<Record<string, unknown>>;
  const what = path ?? file ?? (port === undefined ? address : `${address}:${port}`);
  const [sentence, nextStep] = CAUSES[code] ?? [];
  if (sentence !== undefined && what !== undefined)
    return new Failure(`Cannot ${syscall} ${what}: ${sentence}`, { code, nextStep, cause: error });
  return new Failure(error instanceof Error ? error.message : String(error), {
    ...(code === 'internal' ? {} : { code }),
    nextStep: 'Set FAIRLEAD_DEBUG=1 to see where',
    cause: error,
  });
}

function usageFailure(error: CommanderError): Failure {
  const [message = '', hint] =
    error.code === 'commander.help'
      ? ['A command is missing']
      : error.message.replace(/^error: /, '').split('\n');
  const nextStep = hint?.replace(/^\((.*)\)$/, '$1') ?? 'Add --help to see what it accepts';
  return new Failure(message, { exitCode: EXIT.usage, nextStep, cause: error });
}
