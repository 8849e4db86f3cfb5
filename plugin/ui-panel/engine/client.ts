import type { AllNodeList } from '../../api.js';
import type { ApiClient, CallOptions } from '../api/client.js';
import { ALL_NODES, isOneNode, type NodeName } from './model/node-name.js';

/** A node's result in a list of all nodes. */
export type NodeAnswer = AllNodeList['nodes'][number];

/**
 * Calls the Docker API of an environment, of one node of its Swarm, or of all. Paths are Docker's, such as
 * `/containers/json`. A section need not know which: it lists with `list`, keeps `nodeOf(item)` in each row's `node`, and
 * uses `of(row)` for actions on one row:
 *
 *     rowsOfList(await engine.list('/containers/json?all=1', { signal }))
 *     engine.of(row).call('POST', `/containers/${row.id}/stop`)
 */
export class EngineClient {
  readonly client: ApiClient;
  readonly environmentId: number;
  /** Name or id of the node; null: the engine that has the environment's tunnel. {@link ALL_NODES}: that one, and lists of all. */
  readonly node: string | null;
  readonly #onNodes: (answers: readonly NodeAnswer[]) => void;

  /** @param onNodes called with each node's result at each list of all nodes */
  constructor(
    client: ApiClient,
    environmentId: number,
    node: string | null = null,
    onNodes: (answers: readonly NodeAnswer[]) => void = () => {},
  ) {
    this.client = client;
    this.environmentId = environmentId;
    this.node = node;
    this.#onNodes = onNodes;
  }

  /** The engine of a row: that of the row's node, or this one. */
  of({ node }: { readonly node?: NodeName | null }): EngineClient {
    return node ? new EngineClient(this.client, this.environmentId, node.id) : this;
  }

  /**
   * Docker's list at `/containers/json`, `/images/json`, `/volumes` or `/networks`, parameters included; of all nodes if
   * `node` is {@link ALL_NODES}. Read it with `itemsOf`.
   * @throws {ApiError} and `AbortError`
   */
  async list(path: string, options?: CallOptions): Promise<unknown> {
    if (this.node !== ALL_NODES) {
      const answer = await this.call<unknown>('GET', path, options);
      const items: unknown = Array.isArray(answer) ? answer : Object(answer).Volumes;
      // Ignore an engine's own `Node`: actions would go there.
      return Array.isArray(items) ? items.map((item) => ({ ...item, Node: null })) : [];
    }
    const query = `${path.includes('?') ? '&' : '?'}nodes=all`;
    const { items, nodes } = await this.call<AllNodeList>('GET', `${path}${query}`, options);
    this.#onNodes(nodes);
    return items;
  }

  /**
   * The response's JSON; undefined if it has no body.
   * @throws {ApiError} and `AbortError`
   */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T> {
    return this.client.call(method, this.#pathOf(path), options);
  }

  /**
   * A response whose body has not been read, such as a stream.
   * @throws {ApiError} and `AbortError`
   */
  open(method: string, path: string, options?: CallOptions): Promise<Response> {
    return this.client.open(method, this.#pathOf(path), options);
  }

  #pathOf(path: string): string {
    const node = isOneNode(this.node) ? `/nodes/${encodeURIComponent(this.node)}` : '';
    return `/environments/${this.environmentId}${node}/docker${path}`;
  }
}
