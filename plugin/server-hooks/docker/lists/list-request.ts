import { EdgeError } from '../../../../protocol/edge-error.js';
import { parseDockerPath } from '../docker-path.js';

/** A list of Docker's that can be had of all nodes of a Swarm. */
export type ListKind = 'containers' | 'images' | 'volumes' | 'networks';

/** The question for such a list, as its URL tells it. */
export interface ListRequest {
  readonly kind: ListKind;
  /** What each engine is asked: path and query as sent, without what was meant for the hub. */
  readonly path: string;
  /** How long one node may take, from waking it to the end of its answer, ms. */
  readonly nodeMs: number;
}

const KINDS: ReadonlyMap<string, ListKind> = new Map([
  ['containers/json', 'containers'],
  ['images/json', 'images'],
  ['volumes', 'volumes'],
  ['networks', 'networks'],
]);
const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 60;
const OF_THE_HUB = ['nodes', 'nodeSeconds'];

/**
 * Reads `nodes=all` and `nodeSeconds` in the part of a URL below `…/docker`; null for a call that asks for no such thing.
 * Docker has no parameter `nodes`: one that the hub cannot serve is refused, as the answer of a single engine would look
 * like that of all.
 * @param isAllowed whether this is a GET of the environment itself
 * @throws EdgeError `nodes-query-invalid`, `bad-docker-path` (400)
 */
export function parseListRequest(raw: string, isAllowed: boolean): ListRequest | null {
  const mark = raw.indexOf('?');
  if (mark === -1) return null;
  const parts = raw.slice(mark + 1).split('&');
  const query = new URLSearchParams(raw.slice(mark + 1));
  const nodes = query.getAll('nodes');
  if (nodes.length === 0) return null;
  const rest = parts.filter((part) => !OF_THE_HUB.some((name) => new URLSearchParams(part).has(name)));
  const path = rest.length === 0 ? raw.slice(0, mark) : `${raw.slice(0, mark)}?${rest.join('&')}`;
  const { segments } = parseDockerPath(path);
  const kind = isAllowed ? KINDS.get(segments.join('/')) : undefined;
  if (!kind) {
    throw invalid(
      'nodes is for GET of containers/json, images/json, volumes and networks of an environment only',
    );
  }
  if (nodes.length > 1 || nodes[0] !== 'all') throw invalid('nodes can be nothing else than all, once');
  return { kind, path, nodeMs: 1_000 * secondsOf(query.getAll('nodeSeconds')) };
}

function secondsOf(given: readonly string[]): number {
  const [text = String(DEFAULT_SECONDS)] = given;
  const seconds = /^[1-9][0-9]?$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (given.length <= 1 && seconds <= MAX_SECONDS) return seconds;
  throw invalid(`nodeSeconds must be a whole number from 1 to ${MAX_SECONDS}`);
}

function invalid(message: string): EdgeError {
  return new EdgeError('nodes-query-invalid', message, { status: 400 });
}
