import { readFile } from 'node:fs/promises';
import type { EnvironmentView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { type AgentContainer, CONTAINER, startContainerSetup, VOLUME } from '../../kit/agent/container.js';
import { AGENT_IMAGE, BASE_IMAGE, BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';

/** Relative to an idle Node on the same machine, which depends on its version, processors and pages. */
const MAX_SHARE_OF_NODE = 1.7;
/** On Node 20. */
const MAX_RESIDENT_KB = 52 * 1024;
const MAX_IMAGE_BYTES = 1_000_000;
/** The image's first probe comes after 30 s. */
const HEALTHY_MS = 90_000;
const NAME = `it's "first" $HOME`;
const isOnline = (view: EnvironmentView) => view.status === 'online' && view.snapshot !== null;

serialLabTest('agent container: the printed command brings the environment online', async (t) => {
  t.timeout(180_000);
  const engine = await sharedEngine();
  const { hub, created, container } = await startContainerSetup(t, engine, { name: NAME });
  await container.paste(created.commands.standalone);
  const { agent } = await hub.until(created.id, isOnline);
  const facts = await container.inspect();
  t.is(facts.Config.Labels['fairlead.environment'], NAME);
  t.regex(facts.Config.Labels['org.opencontainers.image.title'] ?? '', /agent/);
  t.is(facts.Config.Labels['org.opencontainers.image.licenses'], 'MIT');
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  t.is(facts.Config.Labels['org.opencontainers.image.version'], version);
  t.is(agent?.version, version);

  await container.untilEvent(/^health_status: /, HEALTHY_MS);
  // The engine reports it a little before it lists it.
  let { Health } = (await container.inspect()).State;
  while (Health?.Status === 'starting') ({ Health } = (await container.inspect()).State);
  t.is(Health?.Status, 'healthy');
  t.regex(Health?.Log[0]?.Output ?? '', /^healthy: last check-in \d+ s ago\n$/);
  const { stdout: status } = await engine.docker(['exec', CONTAINER, 'cat', '/proc/1/status']);
  const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  t.log(`resident memory after 30 s without a tunnel: ${rssKb} KB`);
  const bare = ['exec', CONTAINER, 'node', '-p', 'process.memoryUsage().rss'];
  const bareKb = Number((await engine.docker(bare)).stdout) / 1024;
  t.true(rssKb < bareKb * MAX_SHARE_OF_NODE, `${rssKb} KB, and ${bareKb} KB`);
  if (process.version.startsWith('v20.')) t.true(rssKb < MAX_RESIDENT_KB, `${rssKb} KB`);
  t.is(await ps(hub, created.id), `${facts.Id} ${CONTAINER}`);

  const stopping = performance.now();
  await engine.docker(['stop', '-t', '60', CONTAINER]);
  t.true(performance.now() - stopping < 25_000);
  t.is((await container.inspect()).State.ExitCode, 0);
  await engine.docker(['start', CONTAINER]);
  t.is((await untilNextCheckIn(hub, created.id, container)).agent?.instanceId, agent?.instanceId);
});

serialLabTest(
  'agent container: reconnects after its own kill, the hub’s, and the loss of its volume',
  async (t) => {
    t.timeout(150_000);
    const engine = await sharedEngine();
    const { hub, created, container } = await startContainerSetup(t, engine, { name: 'survivor' });
    await container.paste(created.commands.standalone);
    const first = (await hub.until(created.id, isOnline)).agent?.instanceId;

    const { Pid } = (await container.inspect()).State;
    await engine.docker(['run', '--rm', '--pid', 'host', BUSYBOX_IMAGE, 'kill', '-9', `${Pid}`]);
    await container.untilEvent(/^die$/, 30_000);
    await untilNextCheckIn(hub, created.id, container);
    t.is((await container.inspect()).RestartCount, 1);

    await hub.child.kill('SIGKILL');
    const again = await startHub(t, { like: hub });
    t.is((await again.until(created.id, isOnline)).agent?.instanceId, first);
    t.is(await ps(again, created.id), `${(await container.inspect()).Id} ${CONTAINER}`);

    await container.remove();
    t.not((await engine.docker(['volume', 'inspect', VOLUME], { allowFailure: true })).code, 0);
    await container.paste(created.commands.standalone);
    const replaced = await again.until(
      created.id,
      ({ agent }) => agent !== null && agent.instanceId !== first,
    );
    t.is(replaced.problem, null);
    t.is(await ps(again, created.id), `${(await container.inspect()).Id} ${CONTAINER}`);
  },
);

serialLabTest('agent container: a command with $(uuidgen) makes the Edge ID', async (t) => {
  const engine = await sharedEngine();
  const { hub, created, container } = await startContainerSetup(t, engine, { name: 'unnamed', edgeId: null });
  t.is(created.edgeId, null);
  t.true(created.commands.standalone.includes('$(uuidgen)'));
  await container.paste(created.commands.standalone);
  const { edgeId } = await hub.until(created.id, isOnline);
  const facts = await container.inspect();
  t.true(facts.Config.Env.includes(`EDGE_ID=${edgeId}`));
});

serialLabTest('agent image: adds little to its base', async (t) => {
  const engine = await sharedEngine();
  const { stdout } = await engine.docker(['image', 'inspect', '-f', '{{.Size}}', AGENT_IMAGE, BASE_IMAGE]);
  const [agent = 0, base = 0] = stdout.trim().split('\n').map(Number);
  t.log(`${agent - base} bytes on top of the base`);
  t.true(agent > base && agent - base < MAX_IMAGE_BYTES);
});

/** The agent's container as the environment's engine lists it through the hub. */
async function ps(hub: Hub, id: number): Promise<string> {
  const args = await hub.dockerArgs(id);
  const filter = ['--filter', `name=^${CONTAINER}$`, '--format', '{{.ID}} {{.Names}}', '--no-trunc'];
  return (await runCommand('docker', [...args, 'ps', ...filter])).stdout.trim();
}

/** The environment after a check-in of a process that started after the container's last end. */
async function untilNextCheckIn(hub: Hub, id: number, container: AgentContainer): Promise<EnvironmentView> {
  const endedMs = Date.parse((await container.inspect()).State.FinishedAt);
  return hub.until(id, ({ lastCheckInAt }) => Date.parse(lastCheckInAt ?? '') > endedMs);
}
