import { readChunks } from '../read-chunks.js';
import { WorkBudget } from '../work-budget.js';
import type { EngineClient } from './engine-client.js';
import type { LogLine } from './log-decoder.js';
import { openLog } from './open-log.js';
import type { Subject } from './subject.js';

export interface LogTextOptions {
  readonly hasTimes: boolean;
  /** What a Swarm task is called. */
  readonly nameOf: (task: string) => string;
  readonly signal: AbortSignal;
}

/**
 * A whole log up to now, as text in parts of any size; of a service, each line with its task.
 * @throws {ApiError} and `AbortError`; `TypeError` where it broke off: what came is not all
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
        const words = isMore ? [] : [time, isOfMany && task ? `${nameOf(task)} |` : ''];
        return `${end}${words.map((word) => word && `${word} `).join('')}${text}`;
      })
      .join('');
  for await (const chunk of readChunks(log)) {
    yield textOf(decoder.push(chunk));
    await budget.yieldToMain();
  }
  yield `${textOf(decoder.rest())}${isFirst ? '' : '\n'}`;
}
