import { ApiClient } from '../../../../../plugin/ui-panel/api/client.js';
import {
  LiveList,
  type LiveListOptions,
} from '../../../../../plugin/ui-panel/elements/controllers/live-list.js';
import { EngineClient } from '../../../../../plugin/ui-panel/engine/client.js';
import { EngineFeed, type FeedListener } from '../../../../../plugin/ui-panel/engine/feed.js';
import type { EngineSource } from '../../../../../plugin/ui-panel/engine/source.js';
import { type Deferred, defer } from '../../../../kit/deferred.js';

/** A list of a live engine: `emit` is its feed, `calls` are its listings, which the test answers. */
export function makeList(more: Pick<LiveListOptions<string>, 'pollMs'> = {}) {
  const calls: Deferred<readonly string[]>[] = [];
  let onCall = () => {};
  let listener: FeedListener | null = null;
  const state = { isLive: true };
  const engine = new EngineClient(new ApiClient({ baseUrl: '/edge' }), 5);
  const feed = new EngineFeed(engine, () => {});
  Object.defineProperty(feed, 'isLive', { get: () => state.isLive });
  feed.subscribe = (listen) => {
    listener = listen;
    return () => {
      listener = null;
    };
  };
  let onUpdate = () => {};
  const host = {
    source: { engine, feed } as EngineSource,
    updates: 0,
    updateComplete: Promise.resolve(true),
    addController: () => {},
    removeController: () => {},
    requestUpdate: () => {
      host.updates += 1;
      onUpdate();
    },
  };
  const list = new LiveList<string>(host, {
    isAffectedBy: ({ type }) => type === 'container',
    list: () => {
      const answer = defer<readonly string[]>();
      calls.push(answer);
      onCall();
      return answer.promise;
    },
    ofSnapshot: ({ containers }) => containers.map(({ id }) => id),
    ...more,
  });
  const emit = (type: string) =>
    listener?.({ number: 0, type, action: 'start', id: '', name: '', detail: '', timeMs: 0 });
  const untilCall = (count: number) =>
    new Promise<void>((resolve) => {
      onCall = () => calls.length >= count && resolve();
      onCall();
    });
  const untilUpdate = () =>
    new Promise<void>((resolve) => {
      onUpdate = resolve;
    });
  return { list, host, calls, emit, untilCall, untilUpdate, isSubscribed: () => listener !== null, state };
}
