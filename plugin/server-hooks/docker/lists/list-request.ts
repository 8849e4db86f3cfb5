import { type Problem, problem } from '../../../../protocol/problems.js';
import { parseDockerPath } from '../path.js';

/** Docker lists that can be queried on all nodes of a Swarm. */
export type ListKind = 'containers' | 'images' | 'volumes' | 'networks';

/** A request for such a list, parsed from its URL. */
export interface ListRequest {
  readonly kind: ListKind;
  /** The request for each engine: path and query as sent, without the hub's own parameters. */
  readonly path: string;
  /** Time limit per node, from waking it to the end of its answer, ms. */
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
 * Parses `nodes=all` and `nodeSeconds` in the part of a URL below `…/docker`; null for a call without `nodes`. Docker
 * has no parameter `nodes`: one that the hub cannot serve is rejected, because a single engine's answer would pass for
 * that of all nodes.
 * @param isAllowed whether this is a GET of the environment itself
 * @throws Problem `nodes-query-invalid`, `bad-docker-path` (400)
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
  if (nodes.length > 1 || nodes[0] !== 'all') throw invalid('nodes must be `all`, and given once');
  return { kind, path, nodeMs: 1_000 * secondsOf(query.getAll('nodeSeconds')) };
}

function secondsOf(given: readonly string[]): number {
  const [text = String(DEFAULT_SECONDS)] = given;
  const seconds = /^[1-9][0-9]?$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (given.length <= 1 && seconds <= MAX_SECONDS) return seconds;
  throw invalid(`nodeSeconds must be a whole number from 1 to ${MAX_SECONDS}`);
}

function invalid(message: string): Problem {
  return problem('nodes-query-invalid', { detail: message });
}
