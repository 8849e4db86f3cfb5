import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { parseJson } from '../../../../protocol/messages/parse-json.js';
import { type Problem, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { TunnelCall } from '../../tunnel/source.js';
import { type EngineAnswer, type EngineRequest, requestEngine } from '../request-engine.js';

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

const execSchema = z.object({
  ContainerID: z.string().nullish(),
  Running: z.boolean(),
  ExitCode: z.number().nullish(),
  Pid: z.number().nullish(),
  CanRemove: z.boolean().nullish(),
  ProcessConfig: z.object({
    tty: z.boolean(),
    user: z.string().nullish(),
    privileged: z.boolean().nullish(),
  }),
});
const createdSchema = z.object({ Id: z.string().regex(/^[a-f0-9]{64}$/) });
const CONTAINER_ID = /^[a-f0-9]{64}$/;

const MAX_ANSWER_BYTES = 64 * 1024;
/** Time limit for a single engine answer, ms. */
const ANSWER_MS = 10_000;

/** An exec instance of an engine, over a tunnel. */
export class ExecSession {
  readonly #call: TunnelCall;
  readonly #execId: string;
  readonly #clock: Clock;

  constructor(call: TunnelCall, execId: string, clock: Clock) {
    this.#call = call;
    this.#execId = execId;
    this.#clock = clock;
  }

  /**
   * Starts the exec instance; resolves to its terminal stream.
   * @throws Problem `exec-not-found` (404), `exec-not-startable` (409), `engine-bad-response` (502), and the tunnel's
   *   errors
   */
  async start(signal: AbortSignal): Promise<Duplex> {
    const inspected = await this.#inspect();
    if (!inspected.ProcessConfig.tty)
      throw notStartable('A console needs an exec instance with a terminal (Tty: true)');
    if (wasStarted(inspected)) throw notStartable('The exec instance was already started');
    return this.#open(this.#execId, true, signal);
  }

  /**
   * Runs another command in the same container, with the same rights and without a terminal. Resolves to its stream,
   * which writes to its stdin. @throws Problem `engine-bad-response` (502), and the tunnel's errors
   */
  async runCompanion(command: readonly string[]): Promise<Duplex> {
    const { ContainerID: container, ProcessConfig } = await this.#inspect();
    if (!container || !CONTAINER_ID.test(container))
      throw badResponse('The engine does not report the container');
    const { user, privileged } = ProcessConfig;
    const exec = { Cmd: command, User: user ?? '', Privileged: privileged === true };
    const attached = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false };
    const path = `/containers/${container}/exec`;
    const created = createdSchema.safeParse(
      parseJson(await this.#request('POST', path, { ...exec, ...attached })),
    );
    if (!created.success) throw badResponse('The engine did not create an exec instance');
    const [late, cancel] = this.#deadline();
    try {
      return await this.#open(created.data.Id, false, late);
    } finally {
      cancel();
    }
  }

  async #open(execId: string, tty: boolean, signal: AbortSignal): Promise<Duplex> {
    const body = Buffer.from(JSON.stringify({ Detach: false, Tty: tty }));
    const headers = { ...lengthOf(body), connection: 'Upgrade', upgrade: 'tcp' };
    const request = { method: 'POST', path: `/exec/${execId}/start`, headers, body };
    const answer = await requestEngine(this.#call, request, signal, this.#clock);
    if (answer.socket) return answer.socket;
    answer.close();
    throw badResponse(`The engine answered ${answer.response.statusCode} and opened no stream`);
  }

  /** Sets the terminal's size. @throws Problem as {@link start} */
  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#request('POST', `/exec/${this.#execId}/resize?h=${rows}&w=${columns}`);
  }

  /** Exit code of its process; null while it runs. */
  async exitCode(): Promise<number | null> {
    const { Running, ExitCode } = await this.#inspect();
    return Running ? null : (ExitCode ?? null);
  }

  /** A signal that aborts at the deadline, and a function that cancels it. */
  #deadline(): [late: AbortSignal, cancel: () => void] {
    const stop = new AbortController();
    const late = () => stop.abort(badResponse('The engine did not answer in time'));
    return [stop.signal, this.#clock.after(ANSWER_MS, late)];
  }

  async #inspect(): Promise<z.infer<typeof execSchema>> {
    const parsed = execSchema.safeParse(parseJson(await this.#request('GET', `/exec/${this.#execId}/json`)));
    if (!parsed.success) throw badResponse('The engine does not describe the exec instance');
    return parsed.data;
  }

  async #request(method: EngineRequest['method'], path: string, json?: object): Promise<string> {
    const [late, cancel] = this.#deadline();
    let answer: EngineAnswer | undefined;
    try {
      const body = json ? Buffer.from(JSON.stringify(json)) : null;
      const request = { method, path, headers: body ? lengthOf(body) : { 'content-length': 0 }, body };
      answer = await requestEngine(this.#call, request, late, this.#clock);
      const { response } = answer;
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(badResponse('The answer is too large'));
      });
      const answerText = await text(response);
      if (response.statusCode === 404) {
        throw problem('exec-not-found');
      }
      if ((response.statusCode ?? 0) >= 300) throw badResponse(`The engine answered ${response.statusCode}`);
      return answerText;
    } finally {
      cancel();
      answer?.close();
    }
  }
}

/**
 * Docker reports no exit code before the end. Podman reports 0 without a process, and can remove the instance
 * afterwards.
 */
function wasStarted({ Running, ExitCode, Pid, CanRemove }: z.infer<typeof execSchema>): boolean {
  const isFresh = typeof ExitCode !== 'number' || (ExitCode === 0 && Pid === 0 && !CanRemove);
  return Running || !isFresh;
}

function lengthOf(body: Buffer) {
  return { 'content-type': 'application/json', 'content-length': body.length };
}

function notStartable(message: string): Problem {
  return problem('exec-not-startable', { detail: message });
}

function badResponse(message: string): Problem {
  return problem('engine-bad-response', { detail: message });
}
