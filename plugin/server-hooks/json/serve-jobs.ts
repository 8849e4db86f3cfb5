import type { MessagePort } from 'node:worker_threads';
import { codeOf } from '../../../protocol/problems.js';
import { type JsonJob, runJob } from './json-job.js';

/** A message to the worker. */
export interface JobOrder {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly input: unknown;
}

/** The worker's answer; errors lose their class between threads. */
export type JobReply =
  | { readonly value: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Runs the jobs that arrive on the port of a worker thread. */
export function serveJobs(port: MessagePort, jobs: readonly JsonJob<never, unknown>[]): void {
  port.on('message', ({ name, bytes, input }: JobOrder) => {
    const reply = run(
      jobs.find((job) => job.name === name),
      bytes,
      input,
    );
    port.postMessage(reply);
  });
}

function run(job: JsonJob<never, unknown> | undefined, bytes: Uint8Array, input: unknown): JobReply {
  try {
    if (!job) throw new TypeError('no such job');
    return { value: runJob(job, bytes, input as never) };
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return { error: { code: codeOf(error), message } };
  }
}
