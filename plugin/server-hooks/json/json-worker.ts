import type { Worker } from 'node:worker_threads';
import { codeOf, isProblemCode, type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import { inflate, type JsonJob, runJob } from './json-job.js';
import type { JobOrder, JobReply } from './serve-jobs.js';

export interface JsonWorkerOptions {
  /** Starts the thread, which runs `serve-jobs.ts`. */
  readonly spawn: () => Worker;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Parsing a larger body could block the event loop for more than a few milliseconds. */
const INLINE_BYTES = 32 * 1024;
const JOB_MS = 10_000;
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;
/** Per-environment share. */
const MAX_QUEUED_BYTES_EACH = MAX_QUEUED_BYTES / 4;

interface QueuedJob extends JobOrder {
  resolve(value: never): void;
  reject(error: Problem): void;
}

/**
 * Parses large JSON bodies in a separate thread, so that no agent or engine can block the hub's event loop. The thread
 * starts on first use. It parses one body at a time, and environments take turns.
 */
export class JsonWorker {
  readonly #options: JsonWorkerOptions;
  /** By environment; the first one is next. */
  readonly #queues = new Map<number, QueuedJob[]>();
  #queuedBytes = 0;
  #current: QueuedJob | null = null;
  #cancelDeadline: () => void = () => undefined;
  #worker: Worker | null = null;
  #isStopped = false;

  constructor(options: JsonWorkerOptions) {
    this.#options = options;
  }

  /** @throws Problem as `runJob`, and `hub-busy`, `hub-stopping` (503) */
  async run<Input, Output>(
    environmentId: number,
    job: JsonJob<Input, Output>,
    bytes: Uint8Array,
    input: Input,
  ): Promise<Output> {
    const small = smallJson(bytes);
    if (small) return runJob(job, small, input);
    return new Promise<Output>((resolve, reject) => {
      const queue = this.#queues.get(environmentId) ?? [];
      const own = queue.reduce((sum, one) => sum + one.bytes.length, bytes.length);
      if (this.#isStopped) return reject(stopping());
      if (own > MAX_QUEUED_BYTES_EACH || this.#queuedBytes + bytes.length > MAX_QUEUED_BYTES) {
        return reject(busy());
      }
      queue.push({ name: job.name, bytes, input, resolve, reject });
      this.#queues.set(environmentId, queue);
      this.#queuedBytes += bytes.length;
      this.#next();
    });
  }

  /** Rejects queued jobs. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const job of [...this.#queues.values()].flat()) job.reject(stopping());
    this.#queues.clear();
    this.#queuedBytes = 0;
    this.#settle((current) => current.reject(stopping()));
    await this.#end();
  }

  #next(): void {
    const [first] = this.#queues;
    if (this.#current || !first) return;
    const [environmentId, queue] = first;
    const job = queue.shift();
    this.#queues.delete(environmentId);
    // Requeue behind all others.
    if (queue.length > 0) this.#queues.set(environmentId, queue);
    if (!job) return;
    const { name, bytes, input } = job;
    this.#queuedBytes -= bytes.length;
    this.#current = job;
    this.#cancelDeadline = this.#options.clock.after(JOB_MS, () => this.#failed(problem('body-too-complex')));
    const order: JobOrder = { name, bytes, input };
    try {
      this.#started().postMessage(order);
    } catch (err) {
      this.#options.logger.error({ err }, 'cannot start the thread that parses large bodies');
      // Deferred: every queued job may fail in the same way.
      queueMicrotask(() => {
        if (this.#current === job) this.#failed(busy(60));
      });
    }
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.#options.spawn();
    this.#worker = worker;
    // The thread must not keep the process alive.
    worker.unref();
    worker.on('message', (reply: JobReply) => {
      // An abandoned thread may still answer: ignore it, the answer is not for the current job.
      if (this.#worker !== worker) return;
      this.#settle((current) => {
        if ('error' in reply) current.reject(revived(reply.error));
        else current.resolve(reply.value as never);
      });
    });
    const ended = (err?: unknown) => {
      if (this.#worker !== worker) return;
      this.#options.logger.error({ err }, 'the thread that parses large bodies ended');
      this.#failed(codeOf(err) === 'ERR_WORKER_OUT_OF_MEMORY' ? problem('body-too-complex') : busy(60));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    return worker;
  }

  /** The current job timed out or crashed the thread; the next one gets a new thread. */
  #failed(error: Problem): void {
    void this.#end();
    this.#settle((current) => current.reject(error));
  }

  #settle(finish: (current: QueuedJob) => void): void {
    const current = this.#current;
    this.#current = null;
    this.#cancelDeadline();
    if (current) finish(current);
    this.#next();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

/** The inflated JSON of a small body; null for a large one. */
function smallJson(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length > INLINE_BYTES) return null;
  try {
    return inflate(bytes, INLINE_BYTES);
  } catch (error) {
    if (codeOf(error) === 'body-too-large') return null;
    throw error;
  }
}

/** An error of a worker thread. Unexpected ones are logged only. */
function revived({ code, message }: { code: string; message: string }): Problem {
  if (isProblemCode(code) && code !== 'internal') return problem(code, { detail: message });
  return problem('internal', { cause: new Error(`${code}: ${message}`) });
}

function busy(retryAfterSeconds = 5): Problem {
  return problem('hub-busy', { retryAfterSeconds });
}

function stopping(): Problem {
  return problem('hub-stopping', { retryAfterSeconds: 1 });
}
