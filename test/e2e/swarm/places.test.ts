import { setTimeout as delay } from 'node:timers/promises';
import type { NodeList, NodeView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { joinEngine } from '../../helpers/docker-line.js';
import { startHub } from '../../helpers/hub.js';
import { serialLabTest } from '../../helpers/lab.js';
import { startSwarm } from '../../helpers/swarm-lab.js';

/** An agent reports within 5 s where its engine went; five times that, and its enrolment. */
const KNOWN_WITHIN_MS = 50_000;

serialLabTest('swarm places: an engine changes its place through the hub, and stays in reach', async (t) => {
  t.timeout(300_000);
  const swarm = await startSwarm(t, { managers: 1 });
  const [manager, , node] = swarm.nodes;
  const hub = await startHub(t);
  await node.docker('swarm', 'leave', '--force');
  const { environmentId, through } = await joinEngine(t, hub, node.engine.socketPath);
  const docker = (args: readonly string[], options: { input?: string; allowFailure?: boolean } = {}) =>
    runCommand(through.program, [...through.args, ...args], { env: through.env, ...options });
  const state = async () => (await docker(['info', '-f', '{{.Swarm.LocalNodeState}}'])).stdout.trim();
  const until = async (what: string, holds: () => Promise<boolean>) => {
    const deadline = Date.now() + KNOWN_WITHIN_MS;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`not within ${KNOWN_WITHIN_MS} ms: ${what}`);
      await delay(250);
    }
  };
  const passes = async (args: readonly string[], options: { input?: string } = {}) =>
    (await docker(args, { ...options, allowFailure: true })).code === 0;
  const untilKnown = (role: NodeView['role']) =>
    until(role, async () => {
      const { body } = await hub.call<NodeList>('GET', `/edge/api/environments/${environmentId}/nodes`);
      return body.items.some((one) => one.role === role && one.agent?.online);
    });
  const token = await manager.docker('swarm', 'join-token', '-q', 'worker');

  for (const round of [1, 2]) {
    await docker(['swarm', 'init', '--advertise-addr', node.address]);
    await untilKnown('manager');
    await docker(['node', 'ls']);
    await docker(['swarm', 'leave', '--force']);
    await docker(['swarm', 'join', '--token', token, `${manager.address}:2377`]);
    await untilKnown('worker');
    t.is(await state(), 'active', `round ${round}`);
    await docker(['swarm', 'leave']);
    await docker(['ps', '-q']);
    t.is(await state(), 'inactive', `round ${round}`);
  }

  await docker(['swarm', 'init', '--autolock', '--advertise-addr', node.address]);
  await untilKnown('manager');
  const key = /SWMKEY-\S+/.exec((await docker(['swarm', 'unlock-key'])).stdout)?.[0] ?? '';
  await node.engine.stop();
  await node.engine.start();
  await until('locked', async () => (await passes(['ps', '-q'])) && (await state()) === 'locked');
  await docker(['swarm', 'unlock'], { input: `${key}\n` });
  await until('unlocked', () => passes(['node', 'ls']));
});
