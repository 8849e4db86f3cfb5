import type { NodeList, NodeView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startAgent } from '../../kit/agent/agent.js';
import { cleanEnv, joinEngine } from '../../kit/docker/setup.js';
import { serialLabTest } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import { startSwarm } from '../../kit/swarm/lab.js';
import { untilTrue } from '../../kit/until.js';

/** An agent reports within 5 s where its engine went; five times that, and its enrolment. */
const KNOWN_WITHIN_MS = 50_000;
const untilKnown = (what: string, condition: () => Promise<boolean>) =>
  untilTrue(what, condition, { ms: KNOWN_WITHIN_MS });

serialLabTest(
  'swarm places: an engine joins and leaves Swarms through the hub, and stays reachable',
  async (t) => {
    t.timeout(300_000);
    const swarm = await startSwarm(t, { managers: 1 });
    const [manager, , node] = swarm.nodes;
    const hub = await startHub(t);
    await node.docker('swarm', 'leave', '--force');
    const { environmentId, through } = await joinEngine(t, hub, node.engine.socketPath);
    const docker = (args: readonly string[], options: { input?: string; allowFailure?: boolean } = {}) =>
      runCommand(through.program, [...through.args, ...args], { env: through.env, ...options });
    const state = async () => (await docker(['info', '-f', '{{.Swarm.LocalNodeState}}'])).stdout.trim();
    const passes = async (args: readonly string[], options: { input?: string } = {}) =>
      (await docker(args, { ...options, allowFailure: true })).code === 0;
    const untilRole = (role: NodeView['role']) =>
      untilKnown(role, async () => {
        const { body } = await hub.call<NodeList>('GET', `/edge/api/environments/${environmentId}/nodes`);
        return body.items.some((one) => one.role === role && one.agent?.online);
      });
    const token = await manager.docker('swarm', 'join-token', '-q', 'worker');

    for (const round of [1, 2]) {
      await docker(['swarm', 'init', '--advertise-addr', node.address]);
      await untilRole('manager');
      await docker(['node', 'ls']);
      await docker(['swarm', 'leave', '--force']);
      await docker(['swarm', 'join', '--token', token, `${manager.address}:2377`]);
      await untilRole('worker');
      t.is(await state(), 'active', `round ${round}`);
      await docker(['swarm', 'leave']);
      await docker(['ps', '-q']);
      t.is(await state(), 'inactive', `round ${round}`);
    }

    await docker(['swarm', 'init', '--autolock', '--advertise-addr', node.address]);
    await untilRole('manager');
    const key = /SWMKEY-\S+/.exec((await docker(['swarm', 'unlock-key'])).stdout)?.[0] ?? '';
    await node.engine.stop();
    await node.engine.start();
    await untilKnown('locked', async () => (await passes(['ps', '-q'])) && (await state()) === 'locked');
    await docker(['swarm', 'unlock'], { input: `${key}\n` });
    await untilKnown('unlocked', () => passes(['node', 'ls']));
  },
);

serialLabTest(
  'swarm places: a Swarm call right after a change through the hub gets the engine’s answer',
  async (t) => {
    t.timeout(300_000);
    const swarm = await startSwarm(t, { managers: 1 });
    const [manager, ...workers] = swarm.nodes;
    const hub = await startHub(t);
    const token = await manager.docker('swarm', 'join-token', '-q', 'worker');
    for (const [index, settings] of [
      { heldCheckIns: true },
      { heldCheckIns: false, checkInSeconds: 10 },
    ].entries()) {
      const node = workers[index];
      if (!node) throw new Error('no node');
      await hub.call('PATCH', '/edge/api/settings', settings);
      const { environmentId, through } = await joinEngine(t, hub, node.engine.socketPath);
      const docker = (...args: string[]) =>
        runCommand(through.program, [...through.args, 'swarm', ...args], { env: through.env });
      const inspect = () =>
        hub.call<SwarmAnswer>('GET', `/edge/api/environments/${environmentId}/docker/swarm`);
      const refusedByHub = { status: 503, body: { code: 'swarm-manager-unavailable' } };

      t.like(await inspect(), refusedByHub, 'its agent has reported a worker');
      await docker('leave');
      const { status, body } = await inspect();
      t.is(status, 503);
      t.regex(body.message ?? '', /^This node is not a swarm manager. Use "docker swarm init"/, 'the engine');

      await docker('join', '--token', token, `${manager.address}:2377`);
      await untilKnown('reported as a worker', async () => (await inspect()).body.code !== undefined);
      await docker('leave');
      await docker('init', '--advertise-addr', node.address);
      t.is((await inspect()).status, 200);
    }
  },
);

serialLabTest(
  'swarm places: a promoted node answers Swarm calls through the hub as soon as its engine does',
  async (t) => {
    t.timeout(300_000);
    const swarm = await startSwarm(t, { managers: 1 });
    const [manager, node] = swarm.nodes;
    const hub = await startHub(t);
    const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'swarm' });
    for (const { engine } of [manager, node]) {
      await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
      await hub.until(id, ({ status }) => status === 'online');
    }
    const path = `/edge/api/environments/${id}`;
    const services = async () => (await hub.call('GET', `${path}/nodes/${node.id}/docker/services`)).status;
    await untilKnown('both agents', async () => {
      const { body } = await hub.call<NodeList>('GET', `${path}/nodes`);
      return body.items.filter(({ agent }) => agent?.online).length === 2;
    });
    t.is(await services(), 503, 'a worker');
    const line = await hub.dockerArgs(id);
    await runCommand('docker', [...line, 'node', 'promote', node.name], { env: cleanEnv() });
    await untilKnown(
      'promoted',
      async () => (await node.engine.docker(['node', 'ls'], { allowFailure: true })).code === 0,
    );
    t.is(await services(), 200);
  },
);

interface SwarmAnswer {
  readonly code?: string;
  readonly message?: string;
}
