import type { ExecutionContext } from 'ava';
import type { Host } from '../../../../plugin/server-hooks/host.js';
import type { TestPlugin } from '../../../kit/hub/plugin.js';
import { type ReadEvent, readEvents } from '../../../kit/hub/read-events.js';

/** A caller's tokens: `admin`, `bound-<id>` for one environment, `no-settings`; those in `revoked` are invalid. */
export function hostWith(revoked: ReadonlySet<string>): Partial<Host> {
  return {
    authenticate: async (req) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
      const bound = /^bound-(\d+)$/.exec(token)?.[1];
      if (revoked.has(token) || !(bound || token === 'admin' || token === 'no-settings')) return null;
      return { id: token, via: 'bearer', ...(bound ? { environmentId: Number(bound) } : {}) };
    },
    authorize: ({ id }, action, environmentId) =>
      id !== 'no-settings' || (action !== 'settings' && environmentId !== 2),
  };
}

/** A stream by fetch, event by event. */
export async function follow(
  t: ExecutionContext,
  hub: TestPlugin,
  { token = 'admin', lastEventId, query = '' }: { token?: string; lastEventId?: string; query?: string } = {},
) {
  const disconnect = new AbortController();
  t.teardown(() => disconnect.abort());
  const response = await fetch(`${hub.url}/api/events${query}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: disconnect.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const waiting: ReadEvent[] = [];
  /** The next event; null: the stream has ended. */
  const next = async (): Promise<ReadEvent | null> => {
    while (waiting.length === 0) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) return null;
      text += value;
      const end = text.lastIndexOf('\n\n') + 2;
      waiting.push(...readEvents(text.slice(0, end)));
      text = text.slice(end);
    }
    return waiting.shift() ?? null;
  };
  return { response, next, leave: () => disconnect.abort() };
}
