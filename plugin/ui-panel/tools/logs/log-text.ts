import { readChunks } from '../../api/read-chunks.js';
import type { EngineClient } from '../../engine/client.js';
import type { Subject } from '../subject.js';
import type { LogLine } from './decoder.js';
import { openLog } from './open-log.js';
import { WorkBudget } from './work-budget.js';

export interface LogTextOptions {
  readonly hasTimes: boolean;
  /** Name of a Swarm task. */
  readonly nameOf: (task: string) => string;
  readonly signal: AbortSignal;
}

/**
 * A whole log up to now, as text in chunks of any size; in a service's log each line names its task.
 * @throws {ApiError} and `AbortError`; `TypeError` if the stream broke off
 */
export async function* logText(
  engine: EngineClient,
  subject: Subject,
  { hasTimes, nameOf, signal }: LogTextOptions,
): AsyncGenerator<string> {
  const request = { tail: 'all', since: null, isFollowed: false, hasTimes };
  const { log, decoder } = await openLog(engine, subject, request, signal);
  const isOfMany = subject.kind === 'service';
  const budget = new WorkBudget();
  let isFirst = true;
  const textOf = (lines: readonly LogLine[]) =>
    lines
      .map(({ text, time, task, isMore }) => {
        const end = isMore || isFirst ? '' : '\n';
        isFirst = false;
        const prefixes = isMore ? [] : [time, isOfMany && task ? `${nameOf(task)} |` : ''];
        return `${end}${prefixes.map((prefix) => prefix && `${prefix} `).join('')}${text}`;
      })
      .join('');
  for await (const chunk of readChunks(log)) {
    yield textOf(decoder.push(chunk));
    await budget.yieldToMain();
  }
  yield `${textOf(decoder.rest())}${isFirst ? '' : '\n'}`;
}
