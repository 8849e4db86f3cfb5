import type { IncomingMessage } from 'node:http';
import { BODY_BOUNDS, isModestJson } from '../../../protocol/messages/modest-json.js';
import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { bodyTooLarge, parseUtf8Json } from '../json/json-job.js';

/** Time limit for a body, ms. */
const BODY_MS = 30_000;

export interface ReadBodyOptions {
  /** Aborts reading with the signal's reason. */
  readonly giveUp?: AbortSignal | undefined;
  /** Called with each chunk. */
  readonly onChunk?: (chunk: Buffer) => void;
}

/**
 * Reads the whole body of a request.
 * @throws Problem `body-too-large` (413), `body-incomplete` (400), `body-late` (408),
 *   `host-consumed-body` (500) if the host already read it
 */
export function readBody(
  req: IncomingMessage,
  maxBytes: number,
  clock: Clock,
  { giveUp, onChunk }: ReadBodyOptions = {},
): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.reject(bodyTooLarge(maxBytes));
  if (req.readableEnded || req.readableDidRead) {
    const isEmpty = announced === 0 && req.headers['transfer-encoding'] === undefined;
    if (isEmpty) return Promise.resolve(Buffer.alloc(0));
    return Promise.reject(problem('host-consumed-body'));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: Problem) => {
      stopTimer();
      req.off('data', onData);
      chunks.length = 0;
      req.resume();
      reject(error);
    };
    const stopTimer = clock.after(BODY_MS, () => fail(problem('body-late')));
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) return fail(bodyTooLarge(maxBytes));
      chunks.push(chunk);
      onChunk?.(chunk);
    };
    req.on('data', onData);
    req.once('end', () => {
      stopTimer();
      resolve(Buffer.concat(chunks));
    });
    const cut = () => fail(problem('body-incomplete'));
    req.once('error', cut);
    req.once('close', cut);
    giveUp?.addEventListener('abort', () => fail(giveUp.reason), { once: true });
  });
}

/**
 * Parses a small body as JSON; an empty one is `undefined`.
 * @throws Problem `body-not-json`, `body-too-complex` (400)
 */
export function parseJsonBytes(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isModestJson(bytes, BODY_BOUNDS)) throw problem('body-too-complex');
  return parseUtf8Json(bytes);
}
