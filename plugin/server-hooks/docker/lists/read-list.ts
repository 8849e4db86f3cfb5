import type { IncomingMessage } from 'node:http';
import { EdgeError } from '../../../../protocol/edge-error.js';
import { parseJson } from '../../../../protocol/parse-json.js';
import { readAnswerHead } from '../answer-head.js';
import { isModestJson } from './is-modest-json.js';
import type { ListShare } from './list-memory.js';
import type { ListKind } from './list-question.js';

/** What one node's engine has to tell, each entry as JSON that names the node. */
export interface NodeList {
  /** Its own, joined by commas; empty: none. */
  readonly items: Buffer;
  /** What belongs to the whole Swarm, so that other nodes have it, too, by its id. */
  readonly shared: ReadonlyMap<string, Buffer>;
  /** What `/volumes` warns of. */
  readonly warnings: readonly string[];
}

/** What each of its entries names as `Node`. */
export interface NodeName {
  readonly ID: string;
  readonly Name: string;
}

/** As large as a snapshot may be. */
const MAX_BYTES = 8 * 1024 * 1024;
/** What a buffer takes beside its bytes: an engine may send one for each. */
const BUFFER_BYTES = 128;
const MAX_ITEMS = 20_000;
const MAX_WARNINGS = 32;
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
): Promise<NodeList> {
  const { status } = readAnswerHead(answer);
  const list = await withBytes(answer, share, (bytes) => {
    if (!isModestJson(bytes)) throw tooLarge('The list has too many members, or is nested too deeply');
    const text = bytes.toString('utf8');
    if (status !== 200) throw refused(status, text);
    return toNodeList(kind, parse(text), node);
  });
  share.take(sizeOf([list.items, ...list.shared.values()]));
  return list;
}

/** The share is charged with an answer as long as it is held. */
async function withBytes<T>(
  answer: IncomingMessage,
  share: ListShare,
  use: (bytes: Buffer) => T,
): Promise<T> {
  const chunks: Buffer[] = [];
  try {
    await collect(answer, share, chunks);
    return use(Buffer.concat(chunks));
  } finally {
    share.give(sizeOf(chunks));
  }
}

async function collect(answer: IncomingMessage, share: ListShare, chunks: Buffer[]): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += sizeOf([chunk]);
      if (size > MAX_BYTES) throw tooLarge(`The list takes more than ${MAX_BYTES} bytes`);
      share.take(sizeOf([chunk]));
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof EdgeError ? error : brokenOff(error);
  }
}

function toNodeList(kind: ListKind, value: unknown, node: NodeName): NodeList {
  const { list, warnings } = kind === 'volumes' ? ofVolumes(value) : { list: value, warnings: [] };
  // Go writes an empty list as null, too.
  const entries: unknown = list ?? [];
  if (!Array.isArray(entries)) throw badAnswer();
  if (entries.length > MAX_ITEMS) throw tooLarge(`The list has more than ${MAX_ITEMS} entries`);
  const items: string[] = [];
  const shared = new Map<string, Buffer>();
  for (const entry of entries) {
    if (!isRecord(entry)) throw badAnswer();
    // What the engine says there itself is not let stand.
    const json = JSON.stringify({ ...entry, Node: node });
    const swarmId = kind === 'networks' && entry.Scope === 'swarm' ? entry.Id : undefined;
    if (typeof swarmId === 'string') shared.set(swarmId, Buffer.from(json));
    else items.push(json);
  }
  return { items: Buffer.from(items.join(',')), shared, warnings };
}

function ofVolumes(value: unknown): { list: unknown; warnings: string[] } {
  if (!isRecord(value)) throw badAnswer();
  const given: unknown[] = Array.isArray(value.Warnings) ? value.Warnings.slice(0, MAX_WARNINGS) : [];
  const warnings = given.filter((each) => typeof each === 'string').map((each) => each.slice(0, MAX_TEXT));
  return { list: value.Volumes, warnings };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer();
  }
}

function sizeOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length + BUFFER_BYTES, 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An engine says why in `message`; what stands before it may be no engine. */
function refused(status: number, text: string): EdgeError {
  const value = parseJson(text);
  const said =
    isRecord(value) && typeof value.message === 'string' ? `: ${value.message.slice(0, MAX_TEXT)}` : '';
  return new EdgeError('engine-refused', `The engine answered ${status}${said}`, { status: 502 });
}

function brokenOff(cause: unknown): EdgeError {
  return new EdgeError('engine-bad-response', 'The engine broke off its answer', { status: 502, cause });
}

function badAnswer(): EdgeError {
  return new EdgeError('engine-bad-answer', 'The engine answered with something that is no such list', {
    status: 502,
  });
}

function tooLarge(message: string): EdgeError {
  return new EdgeError('list-too-large', message, { status: 502 });
}
