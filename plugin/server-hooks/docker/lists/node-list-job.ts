import { LIST_BOUNDS } from '../../../../protocol/messages/modest-json.js';
import { type Problem, problem } from '../../../../protocol/problems.js';
import type { JsonJob } from '../../json/json-job.js';
import type { ListKind } from './list-request.js';

/** One node's list; each entry is JSON that names the node. */
export interface NodeList {
  /** The node's own entries, joined by commas; may be empty. */
  readonly items: Uint8Array;
  /** Swarm-wide entries, which other nodes list as well, by id. */
  readonly shared: ReadonlyMap<string, Uint8Array>;
  /** The warnings of `/volumes`. */
  readonly warnings: readonly string[];
}

/** The `Node` member of each entry. */
export interface NodeName {
  readonly ID: string;
  readonly Name: string;
}

/** The input for parsing a list. */
export interface NodeListInput {
  readonly kind: ListKind;
  readonly node: NodeName;
}

/** The same limit as for snapshots. */
export const MAX_LIST_BYTES = 8 * 1024 * 1024;
const MAX_ITEMS = 20_000;
const MAX_WARNINGS = 32;
const MAX_TEXT = 512;

/** Parses an engine's answer to a list request. */
export const nodeListJob: JsonJob<NodeListInput, NodeList> = {
  name: 'node-list',
  bounds: LIST_BOUNDS,
  maxBytes: MAX_LIST_BYTES,
  read: toNodeList,
};

function toNodeList(value: unknown, { kind, node }: NodeListInput): NodeList {
  const { list, warnings } = kind === 'volumes' ? ofVolumes(value) : { list: value, warnings: [] };
  // Go also writes an empty list as null.
  const entries: unknown = list ?? [];
  if (!Array.isArray(entries)) throw badAnswer();
  if (entries.length > MAX_ITEMS) throw listTooLarge(`The list has more than ${MAX_ITEMS} entries`);
  const items: string[] = [];
  const shared = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!isRecord(entry)) throw badAnswer();
    // An engine's own `Node` member is overwritten.
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

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listTooLarge(message: string): Problem {
  return problem('list-too-large', { detail: message });
}

function badAnswer(): Problem {
  return problem('engine-bad-answer', { detail: 'The engine did not answer with such a list' });
}
