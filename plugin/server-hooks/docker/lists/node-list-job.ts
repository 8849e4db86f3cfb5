import { EdgeError } from '../../../../protocol/edge-error.js';
import { LIST_BOUNDS } from '../../../../protocol/modest-json.js';
import type { JsonJob } from '../../json/json-job.js';
import type { ListKind } from './list-request.js';

/** What one node's engine has to tell, each entry as JSON that names the node. */
export interface NodeList {
  /** Its own, joined by commas; empty: none. */
  readonly items: Uint8Array;
  /** What belongs to the whole Swarm, so that other nodes have it, too, by its id. */
  readonly shared: ReadonlyMap<string, Uint8Array>;
  /** What `/volumes` warns of. */
  readonly warnings: readonly string[];
}

/** What each of its entries names as `Node`. */
export interface NodeName {
  readonly ID: string;
  readonly Name: string;
}

/** What an entry of the list is of. */
export interface NodeListInput {
  readonly kind: ListKind;
  readonly node: NodeName;
}

/** As large as a snapshot may be. */
export const MAX_LIST_BYTES = 8 * 1024 * 1024;
const MAX_ITEMS = 20_000;
const MAX_WARNINGS = 32;
const MAX_TEXT = 512;

/** An engine's answer to a question for a list. */
export const nodeListJob: JsonJob<NodeListInput, NodeList> = {
  name: 'node-list',
  bounds: LIST_BOUNDS,
  maxBytes: MAX_LIST_BYTES,
  read: toNodeList,
};

function toNodeList(value: unknown, { kind, node }: NodeListInput): NodeList {
  const { list, warnings } = kind === 'volumes' ? ofVolumes(value) : { list: value, warnings: [] };
  // Go writes an empty list as null, too.
  const entries: unknown = list ?? [];
  if (!Array.isArray(entries)) throw badAnswer();
  if (entries.length > MAX_ITEMS) throw listTooLarge(`The list has more than ${MAX_ITEMS} entries`);
  const items: string[] = [];
  const shared = new Map<string, Uint8Array>();
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

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listTooLarge(message: string): EdgeError {
  return new EdgeError('list-too-large', message, { status: 502 });
}

function badAnswer(): EdgeError {
  return new EdgeError('engine-bad-answer', 'The engine answered with something that is no such list', {
    status: 502,
  });
}
