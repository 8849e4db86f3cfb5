import type { IncomingMessage } from 'node:http';
import { EdgeError } from '../../../../protocol/edge-error.js';
import { parseJson } from '../../../../protocol/parse-json.js';
import { readAnswerHead } from '../answer-head.js';
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

/** Reads the JSON of a list, wherever that does no harm: `nodeListJob` in the hub's worker. */
export type ReadNodeList = (bytes: Buffer, input: NodeListInput) => Promise<NodeList>;

/** Of an engine's error; a longer one goes without its words. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** What a buffer takes beside its bytes: an engine may send one for each. */
const BUFFER_BYTES = 128;
const MAX_TEXT = 512;

/**
 * Reads an engine's answer to the question for a list. The engine is not trusted: it may be broken, hostile or no Docker
 * Engine at all.
 * @throws EdgeError `engine-refused`, `engine-bad-answer`, `engine-bad-response`, `engine-redirect`, `list-too-large`
 *   (502), and what the answer breaks off with
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

/** The share is charged with an answer as long as it is held. */
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
      if (size > MAX_LIST_BYTES) throw listTooLarge(`The list takes more than ${MAX_LIST_BYTES} bytes`);
      share.reserve(sizeOf([chunk]));
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof EdgeError ? error : brokenOff(error);
  }
}

function sizeOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length + BUFFER_BYTES, 0);
}

/** An engine says why in `message`; what stands before it may be no engine. */
function refused(status: number, bytes: Buffer): EdgeError {
  const value = bytes.length <= MAX_REFUSAL_BYTES ? parseJson(bytes) : null;
  const said =
    isRecord(value) && typeof value.message === 'string' ? `: ${value.message.slice(0, MAX_TEXT)}` : '';
  return new EdgeError('engine-refused', `The engine answered ${status}${said}`, { status: 502 });
}

function brokenOff(cause: unknown): EdgeError {
  return new EdgeError('engine-bad-response', 'The engine broke off its answer', { status: 502, cause });
}
