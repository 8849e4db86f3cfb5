import type { NodeList } from '../../api.js';
import type { EngineClient } from './client.js';
import { EngineFeed } from './feed.js';
import type { EngineEvent } from './model/event.js';
import type { NodeName } from './model/node-name.js';

/** Poll interval: there is no event when a node goes online or offline. */
const REFRESH_MS = 10_000;
/** Each feed is one stream. Over HTTP/1.1 browsers allow six connections to an origin. */
const MAX_FEEDS = { multiplexed: 32, others: 2 };
/** Events of managers come from the environment's own engine. */
const OF_SWARM = ['node', 'service', 'secret', 'config'];

interface Followed {
  readonly feed: EngineFeed;
  /** Time of the last published event: a restarted stream may repeat events. */
  reportedMs: number;
}

/**
 * The events of a Swarm's other engines, 32 at most, two over HTTP/1.1. The engine with the environment's tunnel has its
 * own feed. Nodes that go online are followed from then on. Call `start()` once, `stop()` at any time.
 */
export class NodeFeeds {
  readonly #engine: EngineClient;
  readonly #publish: (event: EngineEvent) => void;
  readonly #followed = new Map<string, Followed>();
  /** `reportedMs` of nodes that are not followed now. */
  readonly #reportedMs = new Map<string, number>();
  readonly #work = new AbortController();
  #timer: ReturnType<typeof setInterval> | null = null;

  /** @param publish receives each event with its node */
  constructor(engine: EngineClient, publish: (event: EngineEvent) => void) {
    this.#engine = engine;
    this.#publish = publish;
  }

  /** Ids of the followed nodes. */
  get nodes(): readonly string[] {
    return [...this.#followed.keys()];
  }

  start(): void {
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS);
    void this.#refresh();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#work.abort();
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { feed } of this.#followed.values()) feed.stop();
    this.#followed.clear();
  }

  async #refresh(): Promise<void> {
    const { client, environmentId } = this.#engine;
    const { signal } = this.#work;
    const path = `/environments/${environmentId}/nodes`;
    const list = await client.call<NodeList>('GET', path, { signal }).catch(() => null);
    if (!list || signal.aborted) return;
    const most = isMultiplexed() ? MAX_FEEDS.multiplexed : MAX_FEEDS.others;
    for (const { id, name, agent } of list.items) {
      if (agent?.online && !agent.isLeader && !this.#followed.has(id) && this.#followed.size < most)
        void this.#follow({ id, name });
    }
  }

  async #follow(node: NodeName): Promise<void> {
    const leave = () => {
      if (this.#followed.get(node.id)?.feed === feed) this.#followed.delete(node.id);
      this.#reportedMs.set(node.id, followed.reportedMs);
    };
    const feed = new EngineFeed(this.#engine.of({ node }), leave);
    const followed: Followed = { feed, reportedMs: this.#reportedMs.get(node.id) ?? 0 };
    this.#followed.set(node.id, followed);
    feed.subscribe((event) => {
      if (OF_SWARM.includes(event.type) || event.timeMs <= followed.reportedMs) return;
      followed.reportedMs = event.timeMs;
      this.#publish({ ...event, node });
    });
    // Retried at the next refresh.
    await feed.start().catch(leave);
  }
}

/** Whether the hub's responses come over HTTP/2 or later. */
function isMultiplexed(): boolean {
  const entries = performance.getEntriesByType('resource') as readonly {
    readonly nextHopProtocol?: string;
  }[];
  return entries.some(({ nextHopProtocol }) => /^h[23]/.test(nextHopProtocol ?? ''));
}
