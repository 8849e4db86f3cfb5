import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import { Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { pump } from '../../../protocol/tunnel/pump.js';
import type { TunnelCall } from '../tunnel/source.js';
import { endStream } from '../tunnel/streams/end-stream.js';
import { isRawStream } from './proxy/is-raw-stream.js';

/** A request as sent to the engine. */
export interface EngineRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** A stream is piped with backpressure; bytes are sent in one piece; null: no body. */
  readonly body: Readable | Buffer | null;
  /** Its bytes should not share a connection with other calls. */
  readonly mayMoveMuch?: boolean;
}

/** An engine's answer with unread body. */
export interface EngineAnswer {
  readonly response: IncomingMessage;
  /** Set if the engine switched protocols. */
  readonly socket?: Duplex;
  /** Set if the engine turned the connection into a pipe without switching: it reads on after the request. */
  readonly input?: Writable;
  /** Releases the connection: immediately or, after a complete exchange, once the engine ends it. */
  close(): void;
}

const MAX_HEAD_BYTES = 32 * 1024;
const MAX_INFORMATIONAL = 32;

/**
 * Sends a request to an engine and resolves with the head of the answer. Later failures are an `error` on `response`,
 * never its `end`.
 *
 * A request that can be repeated may use a connection that another call left, and is repeated on a new one if the
 * engine closed it before it answered. All other requests get a new connection.
 * @param signal aborts the exchange until the answer is complete, with its reason
 * @throws Problem the tunnel's error, or `engine-bad-response` (502)
 */
export async function requestEngine(
  call: TunnelCall,
  engineRequest: EngineRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<EngineAnswer> {
  if (isRepeatable(engineRequest)) {
    try {
      return await exchange({ agent: call.agent }, engineRequest, signal, clock);
    } catch (error) {
      if (error !== STALE) throw error;
    }
  }
  const pipe = await call.dial(engineRequest.mayMoveMuch);
  pipe.on('error', () => undefined);
  if (pipe.destroyed) throw engineFailure(pipe.errored);
  try {
    return await exchange({ createConnection: () => pipe }, engineRequest, signal, clock);
  } catch (error) {
    pipe.destroy();
    throw error;
  }
}

/** The failure of a request on a connection that the engine had closed. */
const STALE = new Error('The kept connection was closed');

/** Whether an engine may get a request twice. One that is to become a pipe also needs a connection of its own. */
function isRepeatable({ method, headers, body, mayMoveMuch }: EngineRequest): boolean {
  if (mayMoveMuch) return false;
  return (method === 'GET' || method === 'HEAD') && body === null && headers.upgrade === undefined;
}

function exchange(
  connection: Pick<RequestOptions, 'agent' | 'createConnection'>,
  engineRequest: EngineRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = engineRequest;
    const request: ClientRequest = httpRequest({
      ...connection,
      method,
      path,
      headers,
      maxHeaderSize: MAX_HEAD_BYTES,
    });
    let response: IncomingMessage | undefined;

    const breakOff = () => (response ?? request).destroy(reasonOf(signal));
    request.on('error', (error) => {
      if (response === undefined) reject(isStale(request, error, signal) ? STALE : engineFailure(error));
      // Node finishes the parser next, which would make a reset read-until-close body appear complete.
      else if (!response.complete) response.destroy(error);
    });
    // After an upgrade as well: from then on the joined streams handle errors.
    request.on('close', () => signal.removeEventListener('abort', breakOff));
    // Not `writableFinished`, which on Node 20 is about the connection's next call.
    let isSent = false;
    request.once('finish', () => {
      isSent = true;
    });
    let informational = 0;
    request.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) request.destroy(engineFailure(undefined));
    });
    request.on('response', (answer) => {
      response = answer;
      answer.on('error', () => undefined);
      const pipe: Duplex = answer.socket;
      const close = () => {
        // Its end is read: the connection may already carry another call.
        if (isSent && answer.readableEnded && request.shouldKeepAlive) return;
        const isOver = answer.complete && request.writableFinished && answer.readableLength === 0;
        if (!isOver) pipe.destroy();
        else if (!request.shouldKeepAlive) endStream(pipe, clock);
        // Once its end is read, the connection is free for another call.
        else answer.resume();
      };
      const isPipe = request.writableFinished && isHijacked(method, answer);
      resolve({ response: answer, close, ...(isPipe && { input: pipe }) });
    });
    request.on('upgrade', (answer, connection, head) => {
      // The rest of the body is discarded.
      if (body !== null && !Buffer.isBuffer(body)) body.destroy();
      if (head.length > 0) connection.unshift(head);
      resolve({ response: answer, socket: connection, close: () => connection.destroy() });
    });

    signal.addEventListener('abort', breakOff, { once: true });
    if (signal.aborted) breakOff();
    if (body === null || Buffer.isBuffer(body)) request.end(body ?? undefined);
    else sendBody(body, request);
  });
}

/** Whether an answer is raw engine output, as `attach` and `exec/start` give it without `Upgrade`. */
function isHijacked(method: string, { statusCode, httpVersion, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    statusCode === 200 &&
    httpVersion === '1.1' &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    isRawStream(headers['content-type'])
  );
}

/** Whether a request failed because its connection had ended since the last call, without an answer to it. */
function isStale(request: ClientRequest, error: Error, signal: AbortSignal): boolean {
  if (!request.reusedSocket || signal.aborted) return false;
  if (error instanceof Problem) return error.code === 'stream-reset';
  return !('bytesParsed' in error);
}

/** Pipes an upload; one aborted by the client must not reach the engine as complete. */
function sendBody(body: Readable, request: ClientRequest): void {
  // HTTP/2 requests emit `end` after they were aborted; `aborted` comes first.
  body.on('aborted', () => request.destroy(new Error('The upload was aborted')));
  body.on('error', (error) => request.destroy(error));
  // Send the head immediately. `flushHeaders` would encode bytes above 127 as UTF-8, which changes them.
  request.write('', 'latin1');
  pump(body, request);
  body.once('end', () => request.end());
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The call was aborted');
}

function engineFailure(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  return problem('engine-bad-response', { cause });
}
