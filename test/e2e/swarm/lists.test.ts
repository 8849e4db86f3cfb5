import type { ExecutionContext } from 'ava';
import type { AllNodeList } from '../../../plugin/api.js';
import { freezeContainer } from '../../kit/engine/freeze-container.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { type SwarmSetup, startSwarmSetup } from '../../kit/swarm/setup.js';
import { until } from '../../kit/until.js';

const scope = fileScope();
let started: Promise<SwarmSetup> | undefined;
/** One manager, two workers; each has its own container, image, volume and network. */
const sharedSetup = () => {
  started ??= startSwarmSetup(scope, { managers: 1 }).then(async (setup) => {
    for (const { name, docker } of setup.swarm.nodes.map((node) => ({
      name: node.name,
      docker: node.docker.bind(node),
    }))) {
      await docker('run', '-d', '--name', `own-of-${name}`, BUSYBOX_IMAGE, 'sleep', '3600');
      await docker('tag', BUSYBOX_IMAGE, `own-of-${name}:1`);
      await docker('volume', 'create', `own-of-${name}`);
      await docker('network', 'create', `own-of-${name}`);
    }
    return setup;
  });
  return started;
};
/** As of each node's own things. */
const OWN = `filters=${encodeURIComponent('{"name":["own-of-"]}')}`;
const NODES = ['node1', 'node2', 'node3'];

serialLabTest(
  'swarm lists: containers, images, volumes and networks of all nodes, each with its node',
  async (t) => {
    t.timeout(240_000);
    const setup = await sharedSetup();
    const ids = Object.fromEntries(setup.swarm.nodes.map(({ name, id }) => [name, id]));
    const ofNodes = (
      name: (item: AllNodeList['items'][number]) => unknown,
      { items, nodes }: AllNodeList,
    ) => {
      t.deepEqual(
        nodes.map(({ state, code, name, id }) => [state, code, name, id]),
        NODES.map((each) => ['ok', null, each, ids[each]]),
      );
      return items.map(
        (item) => `${name(item)} at ${item.Node.Name} ${item.Node.ID === ids[item.Node.Name]}`,
      );
    };
    const own = NODES.map((name) => `own-of-${name} at ${name} true`);

    const containers = await list(t, setup, `v1.40/containers/json?${OWN}`);
    t.deepEqual(
      ofNodes(({ Names }) => String(Names).slice(1), containers),
      own,
    );
    const reference = encodeURIComponent('{"reference":["own-of-*"]}');
    const images = await list(t, setup, `images/json?filters=${reference}`);
    t.deepEqual(
      ofNodes(({ RepoTags }) => String(RepoTags).replace(/:1$/, ''), images),
      own,
    );
    const volumes = await list(t, setup, `volumes?${OWN}`);
    t.deepEqual(
      ofNodes(({ Name }) => Name, volumes),
      own,
    );

    const networks = await list(t, setup, 'networks');
    const named = ofNodes(({ Name }) => Name, networks).filter((text) =>
      /^(own-of-|bridge|ingress)/.test(text),
    );
    const bridges = NODES.map((name) => `bridge at ${name} true`);
    t.deepEqual(named.sort(), [...bridges, 'ingress at node1 true', ...own].sort());
    t.is((await setup.docker(['ps', '-q', '--filter', 'name=own-of-'])).stdout.trim().split('\n').length, 1);
  },
);

serialLabTest(
  'swarm lists: a node whose agent hangs or stopped is named; the others answer in time',
  async (t) => {
    t.timeout(240_000);
    const setup = await sharedSetup();
    const [, , third] = setup.swarm.nodes;
    const thaw = await freezeContainer(third.engine, await setup.agentOn(third));
    const begunMs = performance.now();
    const answer = await list(t, setup, `containers/json?nodeSeconds=3&${OWN}`);
    const tookMs = performance.now() - begunMs;
    t.log(`${Math.round(tookMs)} ms with a frozen agent`);
    t.true(tookMs < 15_000, `${tookMs} ms`);
    t.deepEqual(
      answer.items.map(({ Node }) => Node.Name),
      ['node1', 'node2'],
    );
    t.deepEqual(states(answer), ['node1 ok', 'node2 ok', 'node3 node-timeout']);
    await thaw();
    await untilStates(t, setup, ['node1 ok', 'node2 ok', 'node3 ok']);

    await setup.docker(['node', 'update', '--availability', 'drain', third.name]);
    await untilStates(t, setup, ['node1 ok', 'node2 ok', 'node3 node-offline']);
  },
);

serialLabTest('swarm lists: nodes=all with any other call is refused', async (t) => {
  t.timeout(240_000);
  const { hub, created } = await sharedSetup();
  const base = `/edge/api/environments/${created.id}`;
  for (const [method, path] of [
    ['GET', `${base}/docker/services?nodes=all`],
    ['GET', `${base}/nodes/node2/docker/containers/json?nodes=all`],
    ['POST', `${base}/docker/networks?nodes=all`],
  ] as const) {
    const { status, body } = await hub.call<{ code: string }>(method, path);
    t.deepEqual([status, body.code], [400, 'nodes-query-invalid'], path);
  }
});

async function list(t: ExecutionContext, { hub, created }: SwarmSetup, path: string): Promise<AllNodeList> {
  const url = `/edge/api/environments/${created.id}/docker/${path}${path.includes('?') ? '&' : '?'}nodes=all`;
  const { status, body } = await hub.call<AllNodeList>('GET', url);
  t.is(status, 200, JSON.stringify(body));
  return body;
}

/** Repeats the call until the nodes match: a call lasts as long as its slowest node, so this does not spin. */
async function untilStates(
  t: ExecutionContext,
  setup: SwarmSetup,
  expected: readonly string[],
): Promise<void> {
  const read = async () => states(await list(t, setup, `containers/json?${OWN}`));
  await until(read, (answer) => answer.join() === expected.join(), { ms: 120_000 });
}

function states({ nodes }: AllNodeList): string[] {
  return nodes.map(({ name, state, code }) => `${name} ${code ?? state}`);
}
