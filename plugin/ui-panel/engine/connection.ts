import type { SnapshotView } from '../../api.js';
import { type ApiClient, ApiError } from '../api/client.js';
import { toError } from '../format/error.js';
import { EngineClient, type NodeAnswer } from './client.js';
import { EngineFeed } from './feed.js';
import { ALL_NODES, isOneNode } from './model/node-name.js';
import { snapshotOfNode } from './model/snapshot-of-node.js';
import { NodeFeeds } from './node-feeds.js';
import { type OpeningProgress, openEnvironment } from './open-environment.js';
import type { EngineSource } from './source.js';

const KEEP_ALIVE_MS = 60_000;
/** Delay before an interrupted event stream is opened again. */
const RETRY_MS = 2_000;

/** State of the page's connection to an engine. */
export type ConnectionState =
  | { readonly phase: 'opening'; readonly progress: OpeningProgress; readonly startedMs: number }
  | { readonly phase: 'open'; readonly source: EngineSource }
  /** `source` is the last snapshot, or why there is none. `error` is null after a cancellation. */
  | {
      readonly phase: 'closed';
      readonly source: EngineSource | 'asked-for' | 'none' | 'failed';
      readonly error: Error | null;
    };

/**
 * Opens an environment's tunnel and keeps it open while the environment is shown; on failure gets its last snapshot.
 * `onChange` is called after each change of `state`. Call `close()` at the end.
 */
export class EngineConnection {
  readonly #engine: EngineClient;
  readonly #onChange: () => void;
  #missing: readonly NodeAnswer[] = [];
  #state: ConnectionState = { phase: 'closed', source: 'asked-for', error: null };
  #work = new AbortController();
  #feed: EngineFeed | null = null;
  #nodeFeeds: NodeFeeds | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #keepAlive: ReturnType<typeof setInterval> | null = null;

  constructor(client: ApiClient, environmentId: number, node: string | null, onChange: () => void) {
    this.#engine = new EngineClient(client, environmentId, node, (answers) => {
      this.#missing = answers.filter(({ state }) => state === 'failed');
      onChange();
    });
    this.#onChange = onChange;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Nodes that did not respond to the last list of all nodes. */
  get missing(): readonly NodeAnswer[] {
    return this.#missing;
  }

  /** Safe to call again at any time: it starts over. */
  async open(): Promise<void> {
    this.close();
    this.#work = new AbortController();
    const { signal } = this.#work;
    const startedMs = performance.now();
    const onProgress = (progress: OpeningProgress) =>
      this.#setState({ phase: 'opening', progress, startedMs });
    try {
      await openEnvironment(this.#engine, onProgress, signal);
      const feed = new EngineFeed(this.#engine, () => this.#scheduleFollow(feed));
      this.#feed = feed;
      await feed.start();
      if (signal.aborted) return;
      if (this.#engine.node === ALL_NODES) {
        this.#nodeFeeds = new NodeFeeds(this.#engine, (event) => feed.publish(event));
        this.#nodeFeeds.start();
      }
      this.#keepAlive = setInterval(() => void this.#sendKeepAlives(), KEEP_ALIVE_MS);
      this.#setState({ phase: 'open', source: { engine: this.#engine, feed } });
    } catch (error) {
      if (!signal.aborted) await this.fail(toError(error));
    }
  }

  /** The connection stays open: often only the idle event stream was cut. */
  #scheduleFollow(feed: EngineFeed): void {
    const { signal } = this.#work;
    this.#retry = setTimeout(() => {
      feed.start().catch(() => {
        if (!signal.aborted) void this.open();
      });
    }, RETRY_MS);
  }

  /** Gives up, and shows the snapshot. */
  async fail(error: Error | null): Promise<void> {
    this.close();
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.#setState({ phase: 'closed', source: 'asked-for', error });
    const path = `/environments/${this.#engine.environmentId}/snapshot`;
    const source = await this.#engine.client.call<SnapshotView>('GET', path, { signal }).then(
      (snapshot) => ({
        snapshot: snapshotOfNode(snapshot, this.#engine.node),
        hubTime: this.#engine.client.hubTime,
      }),
      (reason: unknown) => (reason instanceof ApiError && reason.status === 404 ? 'none' : 'failed'),
    );
    if (!signal.aborted) this.#setState({ phase: 'closed', source, error });
  }

  /** Safe to call twice. */
  close(): void {
    this.#work.abort();
    this.#feed?.stop();
    this.#nodeFeeds?.stop();
    this.#nodeFeeds = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
  }

  /** Each node of a Swarm has its own tunnel, separate from the environment's. */
  async #sendKeepAlives(): Promise<void> {
    const { client, environmentId, node } = this.#engine;
    const base = `/environments/${environmentId}`;
    const nodes = isOneNode(node) ? [node] : (this.#nodeFeeds?.nodes ?? []);
    const paths = nodes.map((each) => `${base}/nodes/${encodeURIComponent(each)}`);
    if (!isOneNode(node)) paths.push(base);
    await Promise.allSettled(paths.map((path) => client.call('POST', `${path}/keep-alive`)));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#onChange();
  }
}
