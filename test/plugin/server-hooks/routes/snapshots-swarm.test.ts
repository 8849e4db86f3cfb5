import { readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SnapshotView } from '../../../../plugin/api.js';
import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import type { TestPlugin } from '../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';
import { memberOf, startSwarmAgents } from '../../../kit/swarm/agents.js';

const INGRESS = { id: 'ingress', name: 'in\u2028gress', driver: 'overlay', scope: 'swarm' };
const SHOP = { id: 'shop', name: 'shop', driver: 'overlay', scope: 'swarm' };
const counts = (factor: number) => ({
  ...{ containers: 3 * factor, running: 2 * factor, paused: 0, stopped: factor },
  ...{ images: 5 * factor, volumes: 7 * factor, networks: 2 * factor },
});

/** A node with one of each. */
function taken(name: string, second: number, changes: Partial<Snapshot> = {}): Snapshot {
  const takenAt = `2030-01-01T00:00:0${second}.000Z`;
  return {
    ...EMPTY_SNAPSHOT,
    takenAt,
    counts: counts(second),
    containers: [
      {
        ...{ id: `c-${name}`, names: [name], image: 'ü', state: 'running', status: 'Up' },
        ...{ createdAt: takenAt, labels: { line: 'a\nb,' } },
      },
    ],
    images: [{ id: 'same', tags: ['x:1'], bytes: 1, createdAt: takenAt }],
    networks: [INGRESS, { id: `bridge-${name}`, name: 'bridge', driver: 'bridge', scope: 'local' }],
    ...changes,
  };
}

const SERVICES = [
  { id: 's1', name: 'shop_web', image: 'w', mode: 'replicated', running: 1, desired: 2, stack: 'shop' },
  { id: 's2', name: 'shop_db', image: 'd', mode: 'global', running: 3, desired: 3, stack: 'shop' },
  { id: 's3', name: 'alone', image: 'd', mode: 'global', running: 3, desired: 3, stack: null },
];
const TASKS = [
  {
    ...{ id: 't1', serviceId: 's1', nodeId: 'n2', slot: 1, state: 'running', desiredState: 'running' },
    ...{ error: '', containerId: 'c-two', changedAt: '2030-01-01T00:00:00.000Z' },
  },
];

test('snapshot of a Swarm: combines all nodes and the manager’s data, and lists shared networks once', async (t) => {
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const { hub, created, join, path, nodes } = await startSwarmAgents(t, clock);
  const manager = await join('n1', 'manager');
  const worker = await join('n2', 'worker');
  await join('n3', 'worker');
  await manager.client.postSwarm({
    swarmId: 's',
    nodes: [memberOf('n1', 'manager'), memberOf('n2', 'worker'), memberOf('n3', 'worker')],
  });
  const stranger = await join('n9', 'worker');
  clock.advance(1_000);
  await manager.client.postSnapshot(
    taken('one', 1, { services: SERVICES, tasks: TASKS, networks: [INGRESS, SHOP] }),
  );
  const fault = { part: 'volumes', code: 'engine-timeout' };
  // What a worker reports about services does not count.
  clock.advance(1_000);
  await worker.client.postSnapshot(taken('two', 2, { errors: [fault], services: [], tasks: [] }));
  clock.advance(1_000);
  await stranger.client.postSnapshot(taken('nine', 4));

  const { status, body } = await hub.call<SnapshotView>('GET', path('/snapshot'));
  t.is(status, 200);
  t.is(body.takenAt, '2030-01-01T00:00:02.000Z');
  t.deepEqual(body.counts, counts(3));
  t.deepEqual(
    body.containers.map(({ id, node, labels }) => [id, node, labels?.line]),
    [
      ['c-one', 'n1', 'a\nb,'],
      ['c-two', 'n2', 'a\nb,'],
    ],
  );
  t.deepEqual(
    body.images.map(({ id, node }) => [id, node]),
    [
      ['same', 'n1'],
      ['same', 'n2'],
    ],
  );
  t.deepEqual(body.volumes, []);
  t.deepEqual(body.networks, [
    { id: 'bridge-two', name: 'bridge', driver: 'bridge', scope: 'local', node: 'n2' },
    INGRESS,
    SHOP,
  ]);
  t.deepEqual(body.errors, [{ ...fault, node: 'n2' }]);
  t.deepEqual(body.nodes, [
    { id: 'n1', name: 'name of n1', takenAt: '2030-01-01T00:00:01.000Z', counts: counts(1) },
    { id: 'n2', name: 'name of n2', takenAt: '2030-01-01T00:00:02.000Z', counts: counts(2) },
    { id: 'n3', name: 'name of n3', takenAt: null, counts: null },
    { id: 'n9', name: 'name of n9', takenAt: null, counts: null },
  ]);
  t.like(body.swarm, { id: 's', nodeId: 'n1', role: 'manager', managers: 1, nodes: 3 });
  t.deepEqual(body.swarm?.members, await nodes());
  t.deepEqual(body.swarm?.services, SERVICES);
  t.deepEqual(body.swarm?.tasks, TASKS);
  t.deepEqual(body.swarm?.stacks, [{ name: 'shop', services: 2 }]);
  t.deepEqual((await hub.view(created.id)).snapshot, { takenAt: body.takenAt, counts: body.counts });
});

test('snapshot of a Swarm: without a manager its services are shown as unknown', async (t) => {
  const { hub, join, path } = await startSwarmAgents(t, new FakeClock());
  const worker = await join('n1', 'worker');
  await worker.client.postSnapshot(taken('one', 1, { services: SERVICES, tasks: TASKS }));
  const { body } = await hub.call<SnapshotView>('GET', path('/snapshot'));
  t.like(body.swarm, { services: null, stacks: null, tasks: null, role: 'worker' });
  t.is(body.containers.length, 1);
});

test('snapshot of a Swarm: each agent has its own minimum interval, and a request reaches all', async (t) => {
  const { hub, join, path } = await startSwarmAgents(t, new FakeClock());
  const agents = [await join('n1', 'manager'), await join('n2', 'worker')];
  for (const agent of agents) await agent.client.postSnapshot(EMPTY_SNAPSHOT);
  const again = async () => agents[1]?.client.postSnapshot(EMPTY_SNAPSHOT);
  await t.throwsAsync(again, { code: 'snapshot-too-soon' });
  const asked = hub.call<SnapshotView>('POST', path('/snapshot'));
  for (const [index, agent] of agents.entries()) {
    let reply = (await agent.checkIn()).reply;
    while (!reply?.snapshotRequest) reply = (await agent.checkIn()).reply;
    await agent.client.postSnapshot(taken(`${index}`, index + 1));
  }
  const { status, body } = await asked;
  t.is(status, 200);
  t.deepEqual(
    body.containers.map(({ names }) => names[0]),
    ['0', '1'],
  );
});

test('snapshot of a Swarm: a caller that does not read the answer keeps no file open', async (t) => {
  const { hub, join, path } = await startSwarmAgents(t, new FakeClock());
  const agent = await join('n1', 'manager');
  await agent.client.postSnapshot(taken('one', 1));
  for (let count = 0; count < 20; count++) {
    const leaving = new AbortController();
    const call = hub.call('GET', path('/snapshot'), undefined, leaving.signal).catch(() => undefined);
    if (count % 2 === 0) setImmediate(() => leaving.abort());
    await call;
  }
  await hub.call('HEAD', path('/snapshot'));
  await untilClosed(t, hub);
});

test('snapshot of a Swarm: a node’s unreadable snapshot fails the answer, and no file stays open', async (t) => {
  const { hub, join, path } = await startSwarmAgents(t, new FakeClock());
  const [first, second] = [await join('n1', 'manager'), await join('n2', 'worker')];
  for (const agent of [first, second]) await agent.client.postSnapshot(taken('one', 1));
  const dir = joinPath(hub.dataDir, 'snapshots');
  const file = joinPath(dir, `1.${second.instance.instanceId}.json`);
  await rm(file);
  t.is((await hub.call('GET', path('/snapshot'))).status, 200);
  await symlink(file, file);
  const { status, headers, body } = await hub.call<{ code: string }>('GET', path('/snapshot'));
  t.like({ status, ...body }, { status: 503, code: 'snapshot-unreadable' });
  t.is(headers['retry-after'], '1');
  await untilClosed(t, hub);
});

/** Asserts that no file of a snapshot stays open in this process, or is closed by the garbage collector alone. */
async function untilClosed(t: ExecutionContext, { dataDir }: TestPlugin): Promise<void> {
  const warnings: string[] = [];
  const warned = ({ message }: Error) => warnings.push(message);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const dir = joinPath(dataDir, 'snapshots');
  t.true((await readdir(dir)).length > 0);
  const openFiles = async () => {
    const links = (await readdir('/proc/self/fd')).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    );
    return (await Promise.all(links)).filter((target) => target.startsWith(dir)).length;
  };
  const deadline = Date.now() + 5_000;
  while ((await openFiles()) > 0 && Date.now() < deadline) await new Promise(setImmediate);
  t.is(await openFiles(), 0);
  t.deepEqual(warnings, []);
}
