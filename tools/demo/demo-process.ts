import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const STOPPED_WITHIN_MS = 15_000;

/** Hub or agent of a demo: a Node process that logs into a file. */
export class DemoProcess {
  /** Rejects when the process ends by itself. */
  readonly failed: Promise<never>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stopping = false;

  private constructor(name: string, child: ChildProcess, logFile: string) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    this.failed = this.#exited.then(async () => {
      if (this.#stopping) return new Promise<never>(() => {});
      const log = await readFile(logFile, 'utf8');
      throw new Error(`the ${name} ended. The end of its log:\n${log.split('\n').slice(-12).join('\n')}`);
    });
    this.failed.catch(() => {}); // handled by its callers
  }

  static async start(
    name: string,
    args: readonly string[],
    options: { env: NodeJS.ProcessEnv; logFile: string; logsToStdout?: boolean },
  ): Promise<DemoProcess> {
    const log: FileHandle = await open(options.logFile, 'a');
    const child = spawn(process.execPath, args, {
      env: options.env,
      // An unread pipe would block the process once it is full.
      stdio: ['ignore', options.logsToStdout ? log.fd : 'pipe', log.fd],
      detached: true, // a Ctrl-C in the terminal is for the demo, which stops its parts in order
    });
    await log.close();
    return new DemoProcess(name, child, options.logFile);
  }

  /** The first line on standard output that matches. */
  async untilLine(pattern: RegExp): Promise<RegExpExecArray> {
    const { stdout } = this.#child;
    if (!stdout) throw new Error('this process has no standard output');
    const read = async () => {
      for await (const line of createInterface({ input: stdout })) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      return this.failed;
    };
    const match = await read();
    stdout.resume();
    return match;
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOPPED_WITHIN_MS);
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(force);
  }
}
