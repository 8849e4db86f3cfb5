import type { NodeList, SnapshotView } from '../../../plugin/api.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { SERVICE, startSwarmSetup } from '../../kit/swarm/setup.js';
import { until } from '../../kit/until.js';

const STACK = `
version: "3.7"
services:
  web: {image: "${BUSYBOX_IMAGE}", command: [sleep, "600"], deploy: {replicas: 2}}
  broken: {image: "${BUSYBOX_IMAGE}", command: [sleep, "600"], deploy: {placement: {constraints: [node.labels.none == here]}}}
`;

serialLabTest(
  'swarm: nodes, services and each node’s containers are listed, and follow changes',
  async (t) => {
    t.timeout(300_000);
    const setup = await startSwarmSetup(t, { managers: 1 });
    const { swarm, hub, created, docker } = setup;
    const [first, second, third] = swarm.nodes;
    const path = `/edge/api/environments/${created.id}`;
    const get = async <T>(rest: string, method = 'GET') => (await hub.call<T>(method, `${path}${rest}`)).body;
    const nodesOnce = (holds: (items: NodeList['items']) => boolean) =>
      until(async () => (await get<NodeList>('/nodes')).items, holds, { ms: 50_000 });

    const isKnown = ({ confirmed, agent }: NodeList['items'][number]) => confirmed && agent?.engine === 'up';
    const items = await nodesOnce((now) => now.length === 3 && now.every(isKnown));
    t.deepEqual(
      items.map(({ id, name, role, confirmed, state }) => [id, name, role, confirmed, state]),
      swarm.nodes.map(({ id, name }, index) => [id, name, index === 0 ? 'manager' : 'worker', true, 'ready']),
    );
    t.true(items.every(({ cpus, memoryBytes, engineVersion }) => cpus && memoryBytes && engineVersion));
    t.true(items.every(({ agent }) => agent?.engine === 'up' && agent.online && agent.problem === null));

    await docker(['stack', 'deploy', '-c', '-', '--resolve-image', 'never', 'shop'], { input: STACK });
    for (const node of [first, second, third]) {
      await docker(['run', '-d', '--name', `on-${node.name}`, BUSYBOX_IMAGE, 'sleep', '600'], {
        node: node.name,
      });
    }
    const replicas = ['service', 'ls', '--format', '{{.Name}} {{.Replicas}}'];
    const areSettled = (text: string) =>
      [`${SERVICE} 3/3`, 'shop_web 2/2'].every((row) => text.includes(row));
    // A task runs once its health probe said so.
    await until(async () => (await docker(replicas)).stdout, areSettled, { ms: 120_000, everyMs: 200 });

    const snapshot = await get<SnapshotView>('/snapshot', 'POST');
    t.deepEqual(snapshot.errors, []);
    for (const { name, id } of swarm.nodes) {
      const found = snapshot.containers.filter(({ names }) => names.includes(`on-${name}`));
      t.deepEqual(
        found.map(({ node, state }) => [node, state]),
        [[id, 'running']],
      );
    }
    const { members, services, stacks, tasks } = snapshot.swarm ?? {};
    t.deepEqual(
      members?.map(({ id, agent }) => [id, agent?.online]),
      swarm.nodes.map(({ id }) => [id, true]),
    );
    const listed = services?.map(({ name, mode, running, desired, stack }) => [
      name,
      mode,
      running,
      desired,
      stack,
    ]);
    t.deepEqual(listed?.sort(), [
      [SERVICE, 'global', 3, 3, null],
      ['shop_broken', 'replicated', 0, 1, 'shop'],
      ['shop_web', 'replicated', 2, 2, 'shop'],
    ]);
    t.deepEqual(stacks, [{ name: 'shop', services: 2 }]);
    const agents = tasks?.filter(({ containerId, state }) => containerId !== '' && state === 'running') ?? [];
    t.is(agents.length, 5);
    const ids = new Set(snapshot.containers.map(({ id, node }) => `${id} ${node}`));
    t.true(
      agents.every(({ containerId, nodeId }) => ids.has(`${containerId} ${nodeId}`)),
      'each is a container',
    );
    const ingress = snapshot.networks.filter(({ name }) => name === 'ingress');
    t.is(ingress.length, 1);
    t.is(snapshot.networks.filter(({ name }) => name === 'bridge').length, 3);
    t.is(snapshot.nodes?.length, 3);
    const sum = (snapshot.nodes ?? []).reduce((all, { counts }) => all + (counts?.running ?? 0), 0);
    t.is(snapshot.counts.running, sum);
    t.is(sum, 8);

    const started = Date.now();
    await docker(['node', 'update', '--availability', 'drain', third.id]);
    await docker(['node', 'promote', second.id]);
    const changed = await nodesOnce(
      (now) => now[1]?.role === 'manager' && now[2]?.availability === 'drain' && now[2].agent !== null,
    );
    t.log(`drain and promotion are shown within ${Date.now() - started} ms`);
    t.like(changed[1], { id: second.id, role: 'manager', confirmed: true });
    t.like(changed[2], { id: third.id, availability: 'drain' });
    const view = await hub.until(created.id, ({ swarm }) => swarm?.managers === 2);
    t.like(view.swarm, { managers: 2, nodes: 3, role: 'manager' });
  },
);
