import type { EngineClient } from '../../engine/client.js';
import { JsonReader } from '../../engine/model/json-reader.js';
import { inspectionPath, pathOf, type Subject } from '../subject.js';
import { LogDecoder } from './decoder.js';

export interface LogRequest {
  /** Number of last lines, for each task, or `all`. */
  readonly tail: string;
  /** Seconds since 1970, with a fraction; null: from the start. */
  readonly since: string | null;
  /** Whether to follow the log as it grows. */
  readonly isFollowed: boolean;
  readonly hasTimes: boolean;
}

/**
 * Opens the log of a container, a service or a task, with a decoder for it.
 * Source: `GET /containers/{id}/logs`, `/services/{id}/logs` and `/tasks/{id}/logs` of the Docker Engine API.
 * @throws {ApiError} and `AbortError`
 */
export async function openLog(
  engine: EngineClient,
  subject: Subject,
  { tail, since, isFollowed, hasTimes }: LogRequest,
  signal: AbortSignal,
): Promise<{ readonly log: Response; readonly decoder: LogDecoder }> {
  const inspected = new JsonReader(await engine.call<unknown>('GET', inspectionPath(subject), { signal }));
  const hasTasks = subject.kind !== 'container';
  const query = new URLSearchParams({ stdout: '1', stderr: '1', tail });
  if (hasTimes) query.set('timestamps', '1');
  if (hasTasks) query.set('details', '1');
  if (isFollowed) query.set('follow', '1');
  if (since !== null) query.set('since', since);
  const log = await engine.open('GET', `${pathOf(subject)}/logs?${query}`, { signal });
  return {
    log,
    decoder: new LogDecoder({ isTerminal: hasTerminal(subject, inspected), hasTimes, hasTasks }),
  };
}

function hasTerminal({ kind }: Subject, inspected: JsonReader): boolean {
  if (kind === 'container') return inspected.get('Config').is('Tty');
  const task = inspected.get('Spec');
  return (kind === 'service' ? task.get('TaskTemplate') : task).get('ContainerSpec').is('TTY');
}
