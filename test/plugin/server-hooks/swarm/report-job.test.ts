import test from 'ava';
import { memberOf, startSwarmAgents } from '../../../kit/swarm/agents.js';

const MOST = 2_000;
const workers = (count: number) =>
  Array.from({ length: count }, (_, index) => memberOf(`w${index}`, 'worker', { name: `w${index}` }));

test('swarm reports: the highest number of nodes is accepted; one more changes nothing', async (t) => {
  const { hub, join, nodes, created } = await startSwarmAgents(t);
  const manager = await join('n1', 'manager');
  const sendReport = (count: number) =>
    manager.client.postSwarm({ swarmId: 's', nodes: [memberOf('n1', 'manager'), ...workers(count - 1)] });
  await sendReport(MOST);
  t.is((await nodes()).length, MOST);
  t.like((await hub.view(created.id)).swarm, { nodes: MOST, managers: 1 });
  t.like(await t.throwsAsync(sendReport(MOST + 1)), { code: 'bad-request', status: 400 });
  t.is((await nodes()).length, MOST);
});

test('swarm reports: one with an overlong value is refused as a whole', async (t) => {
  const { join, nodes } = await startSwarmAgents(t);
  const manager = await join('n1', 'manager');
  const sendReport = (...more: ReturnType<typeof memberOf>[]) =>
    manager.client.postSwarm({ swarmId: 's', nodes: [memberOf('n1', 'manager'), ...more] });
  await sendReport(memberOf('w', 'worker', { name: '\u2028'.repeat(255), engineVersion: 'v'.repeat(64) }));
  const before = await nodes();
  for (const [what, member] of Object.entries({
    id: memberOf('w'.repeat(65), 'worker'),
    name: memberOf('w', 'worker', { name: 'n'.repeat(256) }),
    engineVersion: memberOf('w', 'worker', { engineVersion: 'v'.repeat(65) }),
    cpus: memberOf('w', 'worker', { cpus: -1 }),
  })) {
    t.like(await t.throwsAsync(sendReport(member)), { code: 'bad-request', status: 400 }, what);
  }
  // Each of them is as long as it may be, all of them together are not.
  const long = workers(MOST - 1).map((one) => ({ ...one, name: '\u2028'.repeat(255) }));
  t.like(await t.throwsAsync(sendReport(...long)), { code: 'body-too-large', status: 413 });
  t.deepEqual(await nodes(), before);
});

test('swarm reports: a node reported twice is listed once, as reported last', async (t) => {
  const { hub, join, nodes, created } = await startSwarmAgents(t);
  const manager = await join('n1', 'manager');
  const twice = [memberOf('w', 'worker', { state: 'down' }), memberOf('w', 'worker')];
  await manager.client.postSwarm({ swarmId: 's', nodes: [memberOf('n1', 'manager'), ...twice] });
  t.deepEqual(
    (await nodes()).map(({ id, state }) => [id, state]),
    [
      ['n1', 'ready'],
      ['w', 'ready'],
    ],
  );
  t.like((await hub.view(created.id)).swarm, { nodes: 2 });
});
