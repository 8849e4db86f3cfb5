import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Result of a command. */
export interface CommandResult {
  /** Exit code; 128 + signal number is not computed: a killed command has `null`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Input for stdin; default: stdin is closed. */
  readonly input?: string | Buffer | Readable;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** After this many milliseconds the command gets SIGKILL and the call fails. Default 120,000. */
  readonly timeoutMs?: number;
  /** `true`: a non-zero exit is a result, not an error. Default `false`. */
  readonly allowFailure?: boolean;
}

/** Runs a program without a shell and collects its output. Fails on a non-zero exit unless `allowFailure`. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { input, env, cwd, timeoutMs = 120_000, allowFailure = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: env ?? process.env, cwd, stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A command that ends before it has read all its input closes the pipe; its exit code is the result.
    child.stdin.on('error', () => {});
    if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) child.stdin.end(input);
    else input.pipe(child.stdin);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = {
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      };
      const line = `${program} ${args.join(' ')}`;
      if (timedOut) reject(new Error(`${line}: timed out after ${timeoutMs} ms\n${result.stderr}`));
      else if (code !== 0 && !allowFailure)
        reject(new Error(`${line}: exit ${code ?? signal}\n${result.stderr}${result.stdout}`));
      else resolve(result);
    });
  });
}
