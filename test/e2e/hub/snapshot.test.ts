import { Engine } from '../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../agent-image/src/docker/snapshot/take.js';
import { snapshotSchema } from '../../../protocol/messages/snapshot.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { BUSYBOX_IMAGE, labTest, startEngine } from '../../kit/engine/lab.js';

labTest('snapshot: lists what a real engine runs, and follows it into a Swarm', async (t) => {
  const lab = await startEngine(t);
  const engine = new Engine({ kind: 'unix', path: lab.socketPath }, systemClock);
  await lab.docker(['volume', 'create', '--label', 'keep=yes', 'data']);
  await lab.docker(['network', 'create', 'inner']);
  await lab.docker(['run', '-d', '--name', 'web', '--label', 'tier=front', BUSYBOX_IMAGE, 'sleep', '600']);
  await lab.docker(['create', '--name', 'idle', BUSYBOX_IMAGE, 'true']);

  const snapshot = await takeSnapshot(engine, systemClock);
  t.deepEqual(snapshot.errors, []);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  t.like(snapshot.counts, { containers: 2, running: 1, paused: 0, stopped: 1, volumes: 1 });
  const web = snapshot.containers.find(({ names }) => names.includes('web'));
  t.like(web, { state: 'running', image: BUSYBOX_IMAGE, labels: { tier: 'front' } });
  t.true(Math.abs(Date.parse(web?.createdAt ?? '') - Date.now()) < 60_000, web?.createdAt);
  t.true(snapshot.images.some(({ tags, bytes }) => tags.includes(BUSYBOX_IMAGE) && bytes > 0));
  t.deepEqual(snapshot.volumes, [{ name: 'data', driver: 'local', labels: { keep: 'yes' } }]);
  t.true(snapshot.networks.some(({ name, driver }) => name === 'inner' && driver === 'bridge'));
  const { stdout: version } = await lab.docker([
    'version',
    '-f',
    '{{.Server.Version}} {{.Server.APIVersion}}',
  ]);
  t.is(`${snapshot.engine?.version} ${snapshot.engine?.apiVersion}`, version.trim());
  t.is(snapshot.swarm, null);

  const { stdout: id } = await lab.docker(['info', '-f', '{{.ID}}']);
  t.deepEqual(await engine.info(), { engineId: id.trim(), node: null, isPlaceKnown: true });
  t.is(await engine.ping(), null);

  await lab.docker(['swarm', 'init', '--advertise-addr', '127.0.0.1']);
  const { stdout: nodeId } = await lab.docker(['info', '-f', '{{.Swarm.NodeID}}']);
  t.like((await engine.info())?.node, { nodeId: nodeId.trim(), role: 'manager' });
  const { swarm } = await takeSnapshot(engine, systemClock);
  t.like(swarm, { nodeId: nodeId.trim(), role: 'manager', managers: 1, nodes: 1 });
  t.truthy(swarm?.id);
});

labTest('snapshot: an engine that stopped is down, and its snapshot says so', async (t) => {
  const lab = await startEngine(t);
  const engine = new Engine({ kind: 'unix', path: lab.socketPath }, systemClock);
  t.is(await engine.ping(), null);
  await lab.close();
  t.is((await engine.ping())?.code, 'engine-unreachable');
  const snapshot = await takeSnapshot(engine, systemClock);
  t.is(snapshot.engine, null);
  t.true(snapshot.errors.every(({ code }) => code === 'engine-unreachable'));
  t.is(snapshot.errors.length, 6);
});
