import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { EngineAgent } from '../../../../../plugin/server-hooks/tunnel/streams/engine-agent.js';
import { problem } from '../../../../../protocol/problems.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { left } from '../../../../kit/engine/double.js';
import { untilTrue } from '../../../../kit/until.js';
import { saying, startListHub } from './list-hub.js';

const [ONE, TWO] = [
  { ID: 'id1', Name: 'node1' },
  { ID: 'id2', Name: 'node2' },
];
const ok = (id: number) => ({
  id: `id${id}`,
  name: `node${id}`,
  state: 'ok' as const,
  code: null,
  detail: null,
  warnings: [],
});
const released = (hub: { tunnels: { opened: readonly { released: number }[] } }) =>
  hub.tunnels.opened.map((call) => call.released);

test('all-node lists: entries of all nodes, each with its node, in the order of the nodes', async (t) => {
  const hub = await startListHub(t, [
    saying([{ Id: 'a', Names: ['/web'], Labels: { ü: '\u2028' } }, { Id: 'b' }]),
    saying([]),
    saying([{ Id: 'c', Node: { ID: 'forged' } }]),
  ]);
  const { items, nodes } = await hub.list('/v1.41/containers/json?nodes=all&all=1&filters=%7B%7D');
  t.deepEqual(items, [
    { Id: 'a', Names: ['/web'], Labels: { ü: '\u2028' }, Node: ONE },
    { Id: 'b', Node: ONE },
    { Id: 'c', Node: { ID: 'id3', Name: 'node3' } },
  ]);
  t.deepEqual(nodes, [ok(1), ok(2), ok(3)]);
  for (const engine of hub.engines) {
    t.is(
      engine.bytes(),
      'GET /v1.41/containers/json?all=1&filters=%7B%7D HTTP/1.1\r\n' +
        'host: docker\r\naccept-encoding: identity\r\nConnection: keep-alive\r\n\r\n',
    );
  }
  await hub.idle();
  t.deepEqual(released(hub), [1, 1, 1]);
});

test('all-node lists: volumes are unwrapped, and warnings stay with their node', async (t) => {
  const hub = await startListHub(t, [
    saying({ Volumes: [{ Name: 'v', Driver: 'local' }], Warnings: ['a driver is missing', 7] }),
    saying({ Volumes: null, Warnings: null }),
  ]);
  t.deepEqual(await hub.list('/volumes?nodes=all'), {
    items: [{ Name: 'v', Driver: 'local', Node: ONE }],
    nodes: [{ ...ok(1), warnings: ['a driver is missing'] }, ok(2)],
  });
});

test('all-node lists: a network of the Swarm appears once, as on the first node; others once per node', async (t) => {
  const ingress = { Id: 'swarm1', Name: 'ingress', Scope: 'swarm' };
  const bridge = { Id: 'same', Name: 'bridge', Scope: 'local' };
  const hub = await startListHub(t, [
    saying([bridge, ingress]),
    saying([{ ...ingress, Name: 'forged' }, bridge, { Id: 'swarm2', Name: 'own', Scope: 'swarm' }]),
  ]);
  const { items } = await hub.list('/networks?nodes=all');
  t.deepEqual(items, [
    { ...bridge, Node: ONE },
    { ...ingress, Node: ONE },
    { ...bridge, Node: TWO },
    { Id: 'swarm2', Name: 'own', Scope: 'swarm', Node: TWO },
  ]);
  const containers = await startListHub(t, [saying([ingress]), saying([ingress])]);
  t.is((await containers.list('/containers/json?nodes=all')).items.length, 2, 'of networks only');
});

test('all-node lists: a failed node is named with its code, and the others are listed', async (t) => {
  const hub = await startListHub(
    t,
    [
      saying([{ Id: 'a' }]),
      saying({ message: 'invalid filter' }, '400 Bad Request'),
      saying('<h1>no engine</h1>', '500 Internal Server Error'),
      saying([]),
      saying([]),
    ],
    {
      change: (nodes) =>
        nodes.map((node, index) => {
          if (index === 3) return { ...node, target: problem('node-without-agent') };
          return index === 4 ? { ...node, target: { environmentId: 99 } } : node;
        }),
    },
  );
  const { items, nodes } = await hub.list('/containers/json?nodes=all');
  t.deepEqual(items, [{ Id: 'a', Node: ONE }]);
  t.deepEqual(
    nodes.map(({ id, state, code, detail }) => [id, state, code, detail]),
    [
      ['id1', 'ok', null, null],
      ['id2', 'failed', 'engine-refused', 'The engine answered 400: invalid filter'],
      ['id3', 'failed', 'engine-refused', 'The engine answered 500'],
      ['id4', 'failed', 'node-without-agent', 'No agent has enrolled for this node'],
      ['id5', 'failed', 'environment-not-found', 'There is no such environment'],
    ],
  );
  t.is(hub.log.lines.filter(({ level }) => level === 'error').length, 0);
});

test('all-node lists: an internal failure is reported as such, without details, and logged', async (t) => {
  const hub = await startListHub(t, [saying([])], {
    wrap: () => ({ open: () => Promise.reject(new Error('a secret')) }),
  });
  const { nodes } = await hub.list('/networks?nodes=all');
  t.like(nodes[0], { state: 'failed', code: 'internal', detail: 'The hub could not query it' });
  t.is(hub.log.lines.filter(({ level }) => level === 'error').length, 1);
});

test('all-node lists: a node that is slow to answer, or to wake, fails at its deadline; the others do not wait longer', async (t) => {
  let failDial: (reason: Error) => void = () => undefined;
  const dribble = '[{"Id":';
  const hub = await startListHub(
    t,
    [
      saying([{ Id: 'a' }]),
      () => undefined,
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n${dribble}`),
      saying([]),
      saying([]),
    ],
    {
      wrap: (tunnels) => ({
        open: async (target, signal) => {
          const call = await tunnels.open(target, signal);
          if (target.environmentId === 4) {
            const dial = () => new Promise<never>((_, reject) => (failDial = reject));
            return { ...call, agent: new EngineAgent({ dial, clock: systemClock, keepMs: 1_000 }) };
          }
          if (target.environmentId !== 5) return call;
          call.release();
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      }),
    },
  );
  const asked = hub.list('/containers/json?nodes=all&nodeSeconds=3');
  await untilTrue(
    'a connection to each of three engines',
    () => !hub.engines.slice(0, 3).some(({ connections }) => connections === 0),
    { everyMs: 1 },
  );
  await left([...(hub.engines[0]?.sockets ?? [])][0] ?? closed());
  hub.clock.advance(2_999);
  hub.clock.advance(1);
  const { items, nodes } = await asked;
  t.deepEqual(items, [{ Id: 'a', Node: ONE }]);
  t.deepEqual(
    nodes.map(({ code }) => code),
    [null, 'node-timeout', 'node-timeout', 'node-timeout', 'node-timeout'],
  );
  t.deepEqual(released(hub), [1, 1, 1, 0, 1], 'a stream that is being opened holds its tunnel until it is');
  failDial(problem('dial-timeout'));
  await turn();
  t.deepEqual(released(hub), [1, 1, 1, 1, 1]);
  t.is(hub.clock.pending, 0);
});

test('all-node lists: 32 nodes are queried at a time, and all of them within six times the limit of one', async (t) => {
  let most = 0;
  let open = 0;
  const hub = await startListHub(t, [saying([])], {
    change: ([node]) =>
      Array.from({ length: 300 }, (_, index) => ({ ...(node ?? closed()), id: `n${index}`, name: '' })),
    wrap: () => ({
      open: (_, signal) => {
        most = Math.max(most, ++open);
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            open--;
            reject(signal.reason);
          });
        });
      },
    }),
  });
  const asked = hub.list('/images/json?nodes=all');
  for (let round = 0; round < 6; round++) {
    await untilTrue('32 open calls', () => open >= 32, { everyMs: 1 });
    hub.clock.advance(10_000);
  }
  const { nodes } = await asked;
  t.is(most, 32);
  t.is(nodes.length, 300);
  t.true(nodes.every(({ code }) => code === 'node-timeout'));
});

test('all-node lists: a client that disconnects ends all requests and releases all tunnels', async (t) => {
  const hub = await startListHub(t, [() => undefined, () => undefined]);
  const client = http.get(`${hub.origin}/containers/json?nodes=all`);
  client.on('error', () => undefined);
  await untilTrue('a request at each engine', () => !hub.engines.some((engine) => engine.bytes() === ''), {
    everyMs: 1,
  });
  const sides = hub.engines.map((engine) => [...engine.sockets][0]);
  client.destroy();
  await Promise.all(sides.map((side) => left(side)));
  await hub.idle();
  t.deepEqual(released(hub), [1, 1]);
  t.is(hub.clock.pending, 0);
});

test('all-node lists: a tunnel that closes meanwhile fails its node with the reason', async (t) => {
  const hub = await startListHub(t, [saying([{ Id: 'a' }]), () => undefined]);
  const asked = hub.list('/containers/json?nodes=all');
  await untilTrue('a request at the second engine', () => hub.engines[1]?.bytes() !== '', { everyMs: 1 });
  hub.tunnels.opened[1]?.close(problem('tunnel-lost'));
  t.deepEqual(
    (await asked).nodes.map(({ code }) => code),
    [null, 'tunnel-lost'],
  );
});

test('all-node lists: HTTP/2 clients get the same', async (t) => {
  const hub = await startListHub(t, [saying([{ Id: 'a' }])], { http2: true });
  const session = http2.connect(hub.origin);
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/containers/json?nodes=all' });
  const [headers] = await once(stream, 'response');
  t.like(headers, {
    ':status': 200,
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
  });
  const body = Buffer.concat(await stream.toArray());
  t.is(body.length, Number(headers['content-length']));
  t.deepEqual(JSON.parse(body.toString()), { items: [{ Id: 'a', Node: ONE }], nodes: [ok(1)] });
  await hub.idle();
});

function closed(): never {
  throw new Error('nothing is there');
}
