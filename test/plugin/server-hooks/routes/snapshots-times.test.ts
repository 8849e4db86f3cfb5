import test from 'ava';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';

const HUB_MS = Date.UTC(2030, 0, 1);

for (const [when, takenAt] of [
  ['in 1970', '1970-01-01T00:00:05.000Z'],
  ['in 2100', '2100-01-01T00:00:00.000Z'],
  ['at no time', 'yesterday'],
] as const) {
  test(`snapshots: their time is the hub’s, though the agent’s clock is ${when}`, async (t) => {
    const clock = new FakeClock(HUB_MS);
    const hub = await startPlugin(t, { clock });
    const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
    const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock });
    const stored = async () => (await hub.view(id)).snapshot?.takenAt;
    await agent.client.postSnapshot({ ...EMPTY_SNAPSHOT, takenAt, ageMs: 7_000 });
    t.is(await stored(), new Date(HUB_MS - 7_000).toISOString());
    clock.advance(10_000);
    await agent.client.postSnapshot({ ...EMPTY_SNAPSHOT, takenAt });
    t.is(
      await stored(),
      new Date(HUB_MS + 10_000).toISOString(),
      'as old as its arrival, if its age is not reported',
    );
  });
}
