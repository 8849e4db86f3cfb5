import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { problem } from '../../../../protocol/problems.js';
import { pump } from '../../../../protocol/tunnel/pump.js';
import { type ClientResponse, resetResponse } from '../client-message.js';
import { readAnswerHead } from './answer-head.js';

/**
 * Streams an engine's answer to the client: the head immediately, then the body with backpressure. An aborted answer is
 * reset at the client, never ended. Trailers are dropped. Resolves when the client has everything, disconnected or was
 * reset; for a small answer, when it is handed over.
 * @param isPipe the answer lasts until the connection closes, and is not framed
 * @throws Problem `engine-bad-response` or `engine-redirect` before anything is sent
 */
export async function sendAnswer(
  answer: IncomingMessage,
  res: ClientResponse,
  isPipe = false,
): Promise<void> {
  if (answer.errored !== null && !answer.complete) {
    throw problem('engine-bad-response', {
      detail: 'The engine aborted its answer immediately',
      cause: answer.errored,
    });
  }
  const { status, headers } = readAnswerHead(answer);
  if (res.destroyed || res.writableEnded) return;
  if (isPipe && res instanceof ServerResponse) {
    for (const name of ['content-length', 'transfer-encoding']) res.removeHeader(name);
    res.shouldKeepAlive = false;
  }
  // An Http2ServerResponse finishes only once the client's upload has ended too; its stream does not wait.
  const sink: Writable = res instanceof ServerResponse ? res : res.stream;
  res.writeHead(status, headers);
  // A small answer that is here already leaves in one write.
  if (answer.complete && !isPipe) {
    const body: Buffer | null = answer.read();
    if (body === null) sink.end();
    else sink.end(body);
    return;
  }
  // HTTP/2 sends the headers with writeHead.
  if (res instanceof ServerResponse) res.flushHeaders();
  await new Promise<void>((resolve) => {
    const cut = () => {
      resetResponse(res);
      resolve();
    };
    answer.on('error', cut);
    // HTTP/1.1 writes go to the socket one by one; an HTTP/2 stream has its own queue.
    pump(answer, sink, res instanceof ServerResponse ? (res.socket ?? sink) : sink);
    answer.on('end', () => {
      if (answer.complete) sink.end();
      else cut();
    });
    sink.once('finish', () => resolve());
    sink.once('close', () => {
      answer.destroy();
      resolve();
    });
  });
}
