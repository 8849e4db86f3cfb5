import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ExecutionContext } from 'ava';
import type { SwarmNode } from '../../../tools/lab/swarm/node.js';
import type { LabSwarm } from '../../../tools/lab/swarm/swarm.js';
import { freezeContainer } from '../../kit/engine/freeze-container.js';
import { BASE_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { startSwarm } from '../../kit/swarm/lab.js';

/** Containers of the service find it on their own node. */
const PORT = 8080;
const VISIT_WITHIN_MS = 60_000;
/** The kernel retries a lost neighbour for three seconds. */
const ASK_MS = 5_000;
/** Serves its node's name, and keeps requesting our server. */
const VISITOR = `
  require('node:http').createServer((req, res) => res.end(process.env.NODE)).listen(${PORT});
  process.on('SIGTERM', () => process.exit());
  const visit = () => fetch('http://' + process.env.SERVER + '/' + process.env.NODE, { signal: AbortSignal.timeout(1000) });
  setInterval(() => visit().catch(() => {}), 250);`;
const NODE = '{{.Hostname}} {{.ManagerStatus}} {{.Status}}';

serialLabTest('swarm lab: three managers; an isolated node goes Down and recovers', async (t) => {
  t.timeout(240_000);
  const swarm = await startSwarm(t, { managers: 3 });
  const [first, , third] = swarm.nodes;
  t.deepEqual(await roles(first), ['node1 Leader', 'node2 Reachable', 'node3 Reachable']);
  const visits = await startVisitors(t, swarm);
  await visits.untilFrom('node1', 'node2', 'node3');

  await third.cut();
  await swarm.untilStatus(third, 'Down');
  await visits.untilFrom('node1', 'node2');
  // What a node has learned about its neighbours ends within a minute.
  await third.engine.runInside('ip', ['neigh', 'flush', 'dev', 'eth0']);
  t.is(await ask(third, visits.address), 'TimeoutError', 'packets are dropped, not refused');
  await third.mend();
  await swarm.untilStatus(third, 'Ready');
  await visits.untilFrom('node3');
});

serialLabTest(
  'swarm lab: one manager and two workers; peers can be kept apart, containers frozen',
  async (t) => {
    t.timeout(240_000);
    const swarm = await startSwarm(t, { managers: 1 });
    const [first, second, third] = swarm.nodes;
    t.deepEqual(await roles(first), ['node1 Leader', 'node2', 'node3']);
    const visits = await startVisitors(t, swarm);
    await visits.untilFrom('node1', 'node2', 'node3');

    const answers = () => Promise.all([first, third].map(({ address }) => ask(second, `${address}:${PORT}`)));
    t.deepEqual(await answers(), ['node1', 'node3']);
    await second.isolateFromPeers();
    t.deepEqual(await answers(), ['TimeoutError', 'TimeoutError']);
    await visits.untilFrom('node2');
    t.deepEqual(await roles(first), ['node1 Leader', 'node2', 'node3']);
    await second.rejoinPeers();
    t.deepEqual(await answers(), ['node1', 'node3']);

    const container = await second.containerOf('visitors');
    const processes = async () =>
      (await second.docker('top', container, '-eo', 'stat,pid')).split('\n').slice(1);
    const thaw = await freezeContainer(second.engine, container);
    for (const line of await processes()) t.regex(line, /^T/);
    await thaw();
    for (const line of await processes()) t.regex(line, /^[SRD]/);
    await visits.untilFrom('node2');

    await third.engine.kill();
    await swarm.untilStatus(third, 'Down');
    await third.engine.start();
    await swarm.untilStatus(third, 'Ready');
  },
);

/** What a visitor's container gets from there: text, or the error's name. */
async function ask(node: SwarmNode, address: string): Promise<string> {
  const get = `fetch('http://${address}', { signal: AbortSignal.timeout(${ASK_MS}) })`;
  const print = `.then((res) => res.text(), (error) => error.name).then(console.log).then(process.exit)`;
  return node.docker('exec', await node.containerOf('visitors'), 'node', '-e', get + print);
}

/** Each node's name with what it is as a manager. Fails where one is not Ready. */
async function roles(manager: SwarmNode): Promise<string[]> {
  const { stdout } = await manager.engine.docker(['node', 'ls', '--format', NODE]);
  const lines = stdout.trim().split('\n').sort();
  for (const line of lines) if (!line.endsWith(' Ready')) throw new Error(line);
  return lines.map((line) => line.replace(/ *Ready$/, ''));
}

/** A server of ours, and on each node a task that visits it all the time. */
async function startVisitors(t: ExecutionContext, swarm: LabSwarm) {
  const server = createServer((req, res) => {
    res.end();
    server.emit(`visit ${req.url?.slice(1)}`);
  });
  t.teardown(() => void server.close());
  await once(server.listen(0, '0.0.0.0'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const publish = ['--publish', `mode=host,target=${PORT},published=${PORT}`];
  const variables = ['--env', 'NODE={{.Node.Hostname}}', '--env', `SERVER=${swarm.gateway}:${port}`];
  // As people paste it, without --no-resolve-image: a registry request fails immediately here.
  const create = ['service', 'create', '--detach', '--name', 'visitors', '--mode', 'global', ...publish];
  await swarm.nodes[0].docker(...create, ...variables, BASE_IMAGE, 'node', '-e', VISITOR);
  return {
    address: `${swarm.gateway}:${port}`,
    /** Resolves once each of these nodes is back. */
    untilFrom: async (...names: string[]) => {
      const signal = AbortSignal.timeout(VISIT_WITHIN_MS);
      await Promise.all(names.map((name) => once(server, `visit ${name}`, { signal })));
    },
  };
}
