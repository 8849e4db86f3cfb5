import test from 'ava';
import { joinInstance } from '../../../kit/agent/instance.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { follow, hostWith } from './event-follower.js';

const EDGE_IDS = {
  one: '5f0c8a52-0b1e-4c8f-9d52-000000000001',
  two: '5f0c8a52-0b1e-4c8f-9d52-000000000002',
};

test('events: check-ins are sent to clients that watch the environment and may read it', async (t) => {
  const hub = await startPlugin(t, {}, hostWith(new Set()));
  for (const [name, edgeId] of Object.entries(EDGE_IDS)) {
    const { edgeKey } = await hub.createEnvironment({ name, edgeId });
    await (await joinInstance(t, { edgeKey, edgeId })).checkIn();
  }
  const query = '?watch=1,2,77';
  const firstCheckIn = async (token: string) => {
    const { next } = await follow(t, hub, { token, query });
    for (;;) {
      const event = await next();
      // What happened before may be logged as late as now; a check-in has no number.
      if (event?.id === undefined) return event;
    }
  };
  const { lastCheckInAt } = await hub.view(1);
  t.like(await firstCheckIn('admin'), { data: { id: 1, changes: { lastCheckInAt } } });
  t.like(await firstCheckIn('no-settings'), { data: { id: 1 } });
  t.like(await firstCheckIn('bound-2'), { data: { id: 2 } });
  const many = (count: number) => Array.from({ length: count }, (_, index) => index + 1).join();
  t.is((await follow(t, hub, { query: `?watch=${many(100)}` })).response.status, 200);
  for (const watch of ['', '0', '1,', '-1', '1.5', 'x', '9'.repeat(16), many(101)]) {
    const answer = await hub.call('GET', `/api/events?watch=${watch}`);
    t.like(answer, { status: 400, body: { code: 'bad-request' } }, watch);
  }
});
