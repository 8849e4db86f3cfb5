import type { NodeView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { SERVICE, type SwarmSetup, startSwarmSetup } from '../../kit/swarm/setup.js';

const scope = fileScope();
let started: Promise<SwarmSetup> | undefined;
const sharedSetup = () => {
  started ??= startSwarmSetup(scope, { managers: 3 });
  return started;
};
/** Promised: all nodes are online 15 s after their tasks run, and what changes in the Swarm is known after 10. */
const PROMISED_MS = { enrolled: 15_000, known: 10_000 };

serialLabTest('swarm: the printed command enrols every node, and one of them holds the tunnel', async (t) => {
  t.timeout(300_000);
  const setup = await sharedSetup();
  const { swarm, hub, created } = setup;
  const ps = ['service', 'ps', '--filter', 'desired-state=running', '-q', SERVICE];
  const tasks = (await swarm.nodes[0].docker(...ps)).split('\n');
  const states = await swarm.nodes[0].docker('inspect', '-f', '{{.Status.Timestamp}}', ...tasks);
  const lastTaskMs = Math.max(...states.split('\n').map((text) => Date.parse(dateOf(text))));
  const tookMs = setup.onlineAtMs - lastTaskMs;
  t.log(`all nodes online ${tookMs} ms after the last task ran`);
  t.true(tookMs < 5 * PROMISED_MS.enrolled);

  await setup.docker(['ps', '-q']);
  await setup.untilOneTunnel();
  const established = await runCommand('ss', ['-Htn', 'state', 'established', `sport = :${hub.tunnelPort}`]);
  t.is(established.stdout.trim().split('\n').length, 1, 'one connection at the tunnel port');
  const nodes = await setup.untilNodes((all) => all.some(({ agent }) => agent?.isLeader));
  t.is(nodes.filter(({ agent }) => agent?.isLeader).length, 1);
  t.true(nodes.every(({ role, confirmed, state }) => role === 'manager' && confirmed && state === 'ready'));
  const { body } = await hub.call<{ swarm: object }>('GET', `/edge/api/environments/${created.id}`);
  t.like(body.swarm, { managers: 3, nodes: 3 });
  for (const { id, name } of swarm.nodes) {
    for (const node of [id, name]) {
      t.is((await setup.docker(['info', '-f', '{{.Name}}'], { node })).stdout.trim(), name);
    }
  }
});

serialLabTest('swarm: changes of a node are known within seconds', async (t) => {
  t.timeout(300_000);
  const setup = await sharedSetup();
  const [first, , third] = setup.swarm.nodes;
  const known = async (change: readonly string[], holds: (node: NodeView) => boolean) => {
    await first.docker('node', ...change, third.id);
    const startMs = performance.now();
    await setup.untilNodes(
      (all) => all.some((node) => node.id === third.id && holds(node)),
      5 * PROMISED_MS.known,
    );
    t.log(`${change.join(' ')}: known after ${Math.round(performance.now() - startMs)} ms`);
  };
  await known(['demote'], ({ role, agent }) => role === 'worker' && agent !== null);
  await known(['promote'], ({ role }) => role === 'manager');
  await known(['update', '--availability', 'pause'], ({ availability }) => availability === 'pause');
  await known(['update', '--availability', 'active'], ({ availability }) => availability === 'active');
  await setup.untilNodes((all) => all.every(({ reachability }) => reachability === 'reachable'), 100_000);
  await third.docker('swarm', 'leave', '--force');
  await setup.swarm.untilStatus(third, 'Down');
  const leftMs = performance.now();
  await setup.untilNodes(
    (all) => all.some(({ id, state }) => id === third.id && state === 'down'),
    5 * PROMISED_MS.known,
  );
  t.log(`left: known after ${Math.round(performance.now() - leftMs)} ms`);
  const oldId = third.id;
  await third.joinSwarm(first, 'worker');
  const joinedMs = performance.now();
  await setup.untilNodes(
    (all) => all.some(({ id }) => id === third.id && id !== oldId),
    5 * PROMISED_MS.known,
  );
  t.log(`joined: known after ${Math.round(performance.now() - joinedMs)} ms`);
  await setup.untilNodes(
    (all) => all.some(({ id, agent }) => id === third.id && agent?.online === true),
    100_000,
  );
  // The Swarm ends the earlier task and starts its own.
  const ask = () => setup.docker(['info', '-f', '{{.Name}}'], { node: third.id, allowFailure: true });
  const deadline = Date.now() + 100_000;
  let answer = await ask();
  while (answer.stdout.trim() !== third.name && Date.now() < deadline) answer = await ask();
  t.is(answer.stdout.trim(), third.name, answer.stderr);
});

/** Go prints `2026-11-23 17:46:21.876 +0000 UTC`. */
function dateOf(text: string): string {
  const [day = '', time = ''] = text.split(' ');
  return `${day}T${time.slice(0, 12)}Z`;
}
