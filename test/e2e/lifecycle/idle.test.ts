import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startChild } from '../../kit/child.js';
import { BUSYBOX_IMAGE, labTest, sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let shared: Promise<Hub> | undefined;
const sharedHub = () => {
  shared ??= startHub(scope);
  return shared;
};

const IDLE_MS = 5_000;
const IDLE = { EDGE_INACTIVITY_TIMEOUT: '5s' };
/** Longer than the agent lets an unused tunnel be. */
const PAST_IDLE_MS = 8_000;

labTest(
  'idle: an unused tunnel closes with a snapshot newer than the last call, and the next call wakes it',
  async (t) => {
    const { hub, created, agent } = await startHubAndAgent(t, { hub: await sharedHub(), env: IDLE });
    const args = await hub.dockerArgs(created.id);
    const calledMs = Date.now();
    await runCommand('docker', [...args, 'ps']);
    const lastCallMs = Date.now();
    const { tookMs } = await untilTunnel(hub, created.id, ({ state }) => state === 'idle', 25_000);
    t.true(Date.now() - calledMs > IDLE_MS, `${Date.now() - calledMs}`);
    const view = await hub.until(created.id, () => true);
    t.true(Date.parse(view.snapshot?.takenAt ?? '') > lastCallMs, view.snapshot?.takenAt);
    t.regex(await agent.child.untilLine(/"tunnel closed"/), /"code":"idle"/);
    t.is(view.status, 'online');
    const again = await runCommand('docker', [...args, 'version', '--format', '{{.Server.Version}}']);
    t.regex(again.stdout, /^\d/);
    t.log(`idle after ${Math.round(tookMs)} ms`);
  },
);

labTest('idle: keep-alives alone keep the tunnel open', async (t) => {
  const { hub, created } = await startHubAndAgent(t, { hub: await sharedHub(), env: IDLE });
  const { openedAt } = await openTunnel(hub, created.id);
  const path = `/edge/api/environments/${created.id}/keep-alive`;
  for (const endMs = Date.now() + 2 * PAST_IDLE_MS; Date.now() < endMs; await delay(250)) {
    t.like((await hub.call('POST', path)).body, { state: 'active', openedAt, calls: 0 });
  }
  await untilTunnel(hub, created.id, ({ state }) => state === 'idle', 25_000);
  t.like((await hub.call('POST', path)).body, { state: 'idle' }, 'a keep-alive wakes nothing');
});

labTest('idle: `logs -f` of a silent container keeps the tunnel open', async (t) => {
  const engine = await sharedEngine();
  const name = `silent-${process.pid}`;
  await engine.docker(['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  t.teardown(() => engine.docker(['rm', '-f', name]).then(() => undefined));
  const { hub, created } = await startHubAndAgent(t, { hub: await sharedHub(), env: IDLE });
  const args = await hub.dockerArgs(created.id);
  const logs = startChild(t, 'docker', [...args, 'logs', '-f', name], { PATH: process.env.PATH });
  const { view } = await untilTunnel(hub, created.id, ({ state, calls }) => state === 'active' && calls > 0);
  await delay(PAST_IDLE_MS);
  const { body } = await hub.call('GET', `/edge/api/environments/${created.id}/tunnel`);
  t.like(body, { state: 'active', openedAt: view.openedAt, calls: 1 });
  await logs.kill('SIGKILL');
  await untilTunnel(hub, created.id, ({ state }) => state === 'idle', 25_000);
});
