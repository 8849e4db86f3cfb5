import { Breather } from '../breather.js';
import { readChunks } from '../read-chunks.js';
import type { EngineClient } from './engine-client.js';
import { LogDecoder, type LogLine } from './log-decoder.js';

/**
 * A container's whole log up to now, as text in parts of any size.
 * @throws {ApiError} and `AbortError`; `TypeError` where it broke off: what came is not all
 */
export async function* logText(
  engine: EngineClient,
  id: string,
  { hasTimes, signal }: { readonly hasTimes: boolean; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  const path = `/containers/${encodeURIComponent(id)}`;
  const { Config } = await engine.call<{ Config: { Tty: boolean } }>('GET', `${path}/json`, { signal });
  const query = `stdout=1&stderr=1&tail=all${hasTimes ? '&timestamps=1' : ''}`;
  const log = await engine.open('GET', `${path}/logs?${query}`, { signal });
  const decoder = new LogDecoder({ isTerminal: Config.Tty, hasTimes });
  const breather = new Breather();
  let isFirst = true;
  const textOf = (lines: readonly LogLine[]) =>
    lines
      .map(({ text, time, isMore }) => {
        const end = isMore || isFirst ? '' : '\n';
        isFirst = false;
        return `${end}${time && !isMore ? `${time} ` : ''}${text}`;
      })
      .join('');
  for await (const chunk of readChunks(log)) {
    yield textOf(decoder.push(chunk));
    await breather.breathe();
  }
  yield `${textOf(decoder.rest())}${isFirst ? '' : '\n'}`;
}
