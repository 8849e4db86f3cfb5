import type { ApiClient, CallOptions } from '../api-client.js';

/** Calls the Docker API of an environment, or of one node of its Swarm. Paths are Docker's, such as `/containers/json`. */
export class EngineClient {
  readonly client: ApiClient;
  readonly environmentId: number;
  /** Name or id of the node; null: the engine that has the environment's tunnel. */
  readonly node: string | null;

  constructor(client: ApiClient, environmentId: number, node: string | null = null) {
    this.client = client;
    this.environmentId = environmentId;
    this.node = node;
  }

  /**
   * The answer's JSON; undefined where it has none.
   * @throws {ApiError} and `AbortError`
   */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T> {
    return this.client.call(method, this.#below(path), options);
  }

  /**
   * An answer whose body is yet to be read, such as a stream.
   * @throws {ApiError} and `AbortError`
   */
  open(method: string, path: string, options?: CallOptions): Promise<Response> {
    return this.client.open(method, this.#below(path), options);
  }

  #below(path: string): string {
    const node = this.node === null ? '' : `/nodes/${encodeURIComponent(this.node)}`;
    return `/environments/${this.environmentId}${node}/docker${path}`;
  }
}
