import { startAgent } from '../helpers/agent.js';
import { startHub } from '../helpers/hub.js';
import { labTest } from '../helpers/lab.js';
import { openTunnel, startLine, untilTunnel } from '../helpers/line.js';

const ping = (id: number) => `/edge/api/environments/${id}/docker/_ping`;

labTest(
  'restart: a hub that was killed has its agent back, and the next call wakes the tunnel',
  async (t) => {
    const { hub, created } = await startLine(t);
    await openTunnel(hub, created.id);
    await hub.child.kill('SIGKILL');
    const again = await startHub(t, { like: hub });
    const startedMs = performance.now();
    t.is((await again.call('GET', ping(created.id))).body, 'OK', 'a call may wait for agents at a start');
    const tookMs = performance.now() - startedMs;
    t.like(await again.until(created.id, ({ status }) => status === 'online'), { tunnel: 'active' });
    t.log(`first answer ${Math.round(tookMs)} ms after the hub's start`);
  },
);

labTest(
  'restart: an agent that was killed is back, and so is the tunnel that is still required',
  async (t) => {
    const { hub, created, agent, agentOptions } = await startLine(t);
    const { openedAt } = await openTunnel(hub, created.id);
    await agent.child.kill('SIGKILL');
    const lost = await untilTunnel(hub, created.id, ({ state }) => state === 'required', 2_000);
    await startAgent(t, agentOptions);
    const { tookMs } = await untilTunnel(
      hub,
      created.id,
      (view) => view.state === 'active' && view.openedAt !== openedAt,
    );
    t.is((await hub.call('GET', ping(created.id))).body, 'OK');
    t.log(
      `loss seen after ${Math.round(lost.tookMs)} ms, tunnel back ${Math.round(tookMs)} ms after the start`,
    );
  },
);

for (const first of ['hub', 'agent'] as const) {
  labTest(`restart: hub and agent killed, the ${first} started first: all is back by itself`, async (t) => {
    const { hub, created, agent, agentOptions } = await startLine(t);
    await openTunnel(hub, created.id);
    await Promise.all([hub.child.kill('SIGKILL'), agent.child.kill('SIGKILL')]);
    if (first === 'agent') {
      const early = await startAgent(t, agentOptions);
      await early.child.untilLine(/"code":"hub-refused"/);
    }
    const again = await startHub(t, { like: hub });
    if (first === 'hub') await startAgent(t, agentOptions);
    await again.until(created.id, ({ status }) => status === 'online');
    await openTunnel(again, created.id);
    t.is((await again.call('GET', ping(created.id))).body, 'OK');
    t.is((await again.until(created.id, () => true)).lastRefusal, null);
  });
}

labTest('restart: SIGTERM ends an agent quickly and cleanly, and the hub notices at once', async (t) => {
  const { hub, created, agent, agentOptions } = await startLine(t);
  await openTunnel(hub, created.id);
  const startedMs = performance.now();
  t.is(await agent.child.kill('SIGTERM'), 0);
  const endedMs = performance.now() - startedMs;
  t.true(endedMs < 2_000, `${endedMs}`);
  const { tookMs } = await untilTunnel(hub, created.id, ({ state }) => state !== 'active', 1_000);
  await startAgent(t, agentOptions);
  await untilTunnel(hub, created.id, ({ state }) => state === 'active');
  t.log(`ended after ${Math.round(endedMs)} ms, noticed ${Math.round(tookMs)} ms later`);
});

labTest('restart: an agent that cannot reach its hub ends on SIGTERM, too', async (t) => {
  const { hub, agent, agentOptions } = await startLine(t);
  await agent.child.kill('SIGTERM');
  // Stopped, not ended: connections are taken by the kernel, and nobody answers.
  process.kill(hub.child.pid, 'SIGSTOP');
  const stuck = await startAgent(t, agentOptions);
  await stuck.child.untilLine(/agent started/);
  const startedMs = performance.now();
  t.is(await stuck.child.kill('SIGTERM'), 0);
  t.true(performance.now() - startedMs < 2_000);
});
