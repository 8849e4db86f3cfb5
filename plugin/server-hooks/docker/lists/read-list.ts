import type { IncomingMessage } from 'node:http';
import { parseJson } from '../../../../protocol/messages/parse-json.js';
import { Problem, problem } from '../../../../protocol/problems.js';
import { readAnswerHead } from '../proxy/answer-head.js';
import type { ListShare } from './list-memory.js';
import type { ListKind } from './list-request.js';
import {
  isRecord,
  listTooLarge,
  MAX_LIST_BYTES,
  type NodeList,
  type NodeListInput,
  type NodeName,
} from './node-list-job.js';

/** Parses the JSON of a list in a safe place: `nodeListJob` in the hub's worker. */
export type ReadNodeList = (bytes: Buffer, input: NodeListInput) => Promise<NodeList>;

/** Limit for an engine's error body; the message of a longer one is dropped. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** Overhead of a buffer: an engine may send one per byte. */
const BUFFER_BYTES = 128;
const MAX_TEXT = 512;

/**
 * Reads an engine's answer to a list request. Engines are not trusted: they may be broken, hostile or not Docker
 * Engines at all.
 * @throws Problem `engine-refused`, `engine-bad-answer`, `engine-bad-response`, `engine-redirect`, `list-too-large`
 *   (502), and the error that aborts the answer
 */
export async function readList(
  kind: ListKind,
  answer: IncomingMessage,
  node: NodeName,
  share: ListShare,
  readJson: ReadNodeList,
): Promise<NodeList> {
  const { status } = readAnswerHead(answer);
  const list = await withBytes(answer, share, async (bytes) => {
    if (status !== 200) throw refused(status, bytes);
    return readJson(bytes, { kind, node });
  });
  share.reserve(sizeOf([list.items, ...list.shared.values()]));
  return list;
}

/** Charges the share with an answer while it is held. */
async function withBytes<T>(
  answer: IncomingMessage,
  share: ListShare,
  use: (bytes: Buffer) => Promise<T>,
): Promise<T> {
  const chunks: Buffer[] = [];
  try {
    await collect(answer, share, chunks);
    return await use(Buffer.concat(chunks));
  } finally {
    share.release(sizeOf(chunks));
  }
}

async function collect(answer: IncomingMessage, share: ListShare, chunks: Buffer[]): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += sizeOf([chunk]);
      if (size > MAX_LIST_BYTES) throw listTooLarge(`The list has more than ${MAX_LIST_BYTES} bytes`);
      share.reserve(sizeOf([chunk]));
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : aborted(error);
  }
}

function sizeOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length + BUFFER_BYTES, 0);
}

/** Engines give the reason in `message`; a proxy in front may answer anything. */
function refused(status: number, bytes: Buffer): Problem {
  const value = bytes.length <= MAX_REFUSAL_BYTES ? parseJson(bytes) : null;
  const reason =
    isRecord(value) && typeof value.message === 'string' ? `: ${value.message.slice(0, MAX_TEXT)}` : '';
  return problem('engine-refused', { detail: `The engine answered ${status}${reason}` });
}

function aborted(cause: unknown): Problem {
  return problem('engine-bad-response', { detail: 'The engine aborted its answer', cause });
}
