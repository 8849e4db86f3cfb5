import test from 'ava';
import { ApiClient, ApiError } from '../../../../../plugin/ui-panel/api/client.js';
import { EngineList } from '../../../../../plugin/ui-panel/elements/controllers/engine-list.js';
import { EngineClient } from '../../../../../plugin/ui-panel/engine/client.js';
import { EngineFeed } from '../../../../../plugin/ui-panel/engine/feed.js';
import type { EngineSource } from '../../../../../plugin/ui-panel/engine/source.js';

const SNAPSHOT = {
  containers: [{ id: 'old' }],
  swarm: { members: [{ id: 'n1', role: 'manager' }] },
  nodes: [{ id: 'n1', takenAt: '2026-01-02T03:04:05Z' }],
};

/** A list whose results are `answers`, in order; the hub has `snapshot`. */
function makeList(answers: (() => Promise<readonly string[]>)[], snapshot: () => Response) {
  const client = new ApiClient({ baseUrl: '/edge', fetch: async () => snapshot() });
  const engine = new EngineClient(client, 5);
  const source: EngineSource = { engine, feed: new EngineFeed(engine, () => {}) };
  const host = {
    source,
    updateComplete: Promise.resolve(true),
    addController: () => {},
    removeController: () => {},
    requestUpdate: () => {},
  };
  return new EngineList<string>(host, {
    isAffectedBy: () => false,
    list: () => (answers.shift() ?? (() => Promise.resolve([])))(),
    ofSnapshot: ({ containers }) => containers.map(({ id }) => id),
  });
}
const unavailable = () => Promise.reject(new ApiError('swarm-manager-unavailable', 'No manager', 503));

test('engine list: without a manager, the snapshot’s rows are read-only until one responds', async (t) => {
  const list = makeList([unavailable, async () => ['new']], () => Response.json(SNAPSHOT));
  await list.refresh();
  t.deepEqual([list.rows, list.error, list.engine], [['old'], null, null]);
  t.not(list.notice(), '');
  await list.refresh();
  t.deepEqual([list.rows, list.notice()], [['new'], '']);
  t.truthy(list.engine);
});

test('engine list: without a manager and a snapshot, the error is shown', async (t) => {
  const list = makeList([unavailable], () => Response.json({ code: 'no-snapshot' }, { status: 404 }));
  await list.refresh();
  t.deepEqual([list.rows, list.error?.message], [null, 'No manager']);
});
