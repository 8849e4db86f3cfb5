import type { NodeList } from '../../api.js';
import type { EngineClient } from './engine-client.js';
import { type EngineEvent, EngineFeed } from './engine-feed.js';
import type { NodeName } from './node-name.js';

/** Which nodes are in reach is no event, nor is that one is again. */
const LOOK_MS = 10_000;
/** Each is a stream of its own. Over HTTP/1.1 browsers have six connections to an origin, for everything. */
const MOST = { multiplexed: 32, others: 2 };
/** What managers alone tell comes from the environment's own engine. */
const OF_SWARM = ['node', 'service', 'secret', 'config'];

interface Followed {
  readonly feed: EngineFeed;
  /** Of the last event that was told: a stream that begins anew may tell what it has told before. */
  reportedMs: number;
}

/**
 * The events of the other engines of a Swarm, 32 at most, two over HTTP/1.1: of the one that has the environment's tunnel they come anyway.
 * Nodes that come into reach are followed from then on. `start()` once, `stop()` at any time.
 */
export class NodeFeeds {
  readonly #engine: EngineClient;
  readonly #publish: (event: EngineEvent) => void;
  readonly #followed = new Map<string, Followed>();
  /** What was told of nodes that are not followed just now. */
  readonly #toldMs = new Map<string, number>();
  readonly #work = new AbortController();
  #timer: ReturnType<typeof setInterval> | null = null;

  /** @param tell gets each event with its node */
  constructor(engine: EngineClient, tell: (event: EngineEvent) => void) {
    this.#engine = engine;
    this.#publish = tell;
  }

  /** Ids of the nodes whose events come. */
  get nodes(): readonly string[] {
    return [...this.#followed.keys()];
  }

  start(): void {
    this.#timer = setInterval(() => void this.#refresh(), LOOK_MS);
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
    const most = isMultiplexed() ? MOST.multiplexed : MOST.others;
    for (const { id, name, agent } of list.items) {
      if (agent?.online && !agent.isLeader && !this.#followed.has(id) && this.#followed.size < most)
        void this.#follow({ id, name });
    }
  }

  async #follow(node: NodeName): Promise<void> {
    const leave = () => {
      if (this.#followed.get(node.id)?.feed === feed) this.#followed.delete(node.id);
      this.#toldMs.set(node.id, followed.reportedMs);
    };
    const feed = new EngineFeed(this.#engine.of({ node }), leave);
    const followed: Followed = { feed, reportedMs: this.#toldMs.get(node.id) ?? 0 };
    this.#followed.set(node.id, followed);
    feed.subscribe((event) => {
      if (OF_SWARM.includes(event.type) || event.timeMs <= followed.reportedMs) return;
      followed.reportedMs = event.timeMs;
      this.#publish({ ...event, node });
    });
    // Who cannot be followed now may be at the next look.
    await feed.start().catch(leave);
  }
}

/** Whether the hub's answers come over HTTP/2 or later. */
function isMultiplexed(): boolean {
  const entries = performance.getEntriesByType('resource') as readonly {
    readonly nextHopProtocol?: string;
  }[];
  return entries.some(({ nextHopProtocol }) => /^h[23]/.test(nextHopProtocol ?? ''));
}
