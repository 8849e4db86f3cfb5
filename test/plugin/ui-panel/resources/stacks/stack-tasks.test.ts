import test from 'ava';
import { ApiClient } from '../../../../../plugin/ui-panel/api/client.js';
import { EngineClient } from '../../../../../plugin/ui-panel/engine/client.js';
import { JsonReader } from '../../../../../plugin/ui-panel/engine/model/json-reader.js';
import { type Stack, stacksOfList } from '../../../../../plugin/ui-panel/engine/model/stack.js';
import {
  replicasFor,
  type StackVerb,
  stackTasks,
} from '../../../../../plugin/ui-panel/resources/stacks/stack-tasks.js';

/** An engine that records calls, and responds with the value at a path. */
function makeEngine(answers: Readonly<Record<string, unknown>> = {}) {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const send: typeof fetch = async (url, init) => {
    const path = decodeURIComponent(String(url)).replace('/edge/api/environments/1/docker', '');
    calls.push(`${init?.method} ${path}`);
    if (init?.body) bodies.push(JSON.parse(String(init.body)));
    return Response.json(answers[path.split('?')[0] ?? ''] ?? null);
  };
  return { calls, bodies, engine: new EngineClient(new ApiClient({ baseUrl: '/edge', fetch: send }), 1) };
}

const project = (): Stack => {
  const of = (Id: string, State: string) => ({ Id, State, Labels: { 'com.docker.compose.project': 'shop' } });
  const [row] = stacksOfList([of('up', 'running'), of('down', 'exited'), of('loop', 'restarting')], []);
  if (!row) throw new Error('no stack');
  return row;
};
const stack: Stack = {
  id: 's',
  name: 'shop',
  kind: 'swarm',
  services: [],
  running: 1,
  total: 1,
  containers: [],
  node: null,
};

const verbs: [StackVerb, string[], string[]][] = [
  ['start', [], ['POST /containers/down/start']],
  ['stop', [], ['POST /containers/up/stop', 'POST /containers/loop/stop']],
  ['restart', [], ['POST /containers/up/restart', 'POST /containers/loop/restart']],
  [
    'remove',
    [],
    ['DELETE /containers/up?force=1', 'DELETE /containers/down?force=1', 'DELETE /containers/loop?force=1'],
  ],
  [
    'remove',
    ['volumes'],
    [
      'DELETE /containers/up?force=1&v=1',
      'DELETE /containers/down?force=1&v=1',
      'DELETE /containers/loop?force=1&v=1',
    ],
  ],
];

for (const [verb, options, expected] of verbs)
  test(`stack tasks: ${verb} of a project${options.length ? ' with its volumes' : ''} is a call for each applicable container`, async (t) => {
    const { engine, calls } = makeEngine();
    for (const task of await stackTasks(engine, project(), verb)) await task.run(new Set(options));
    t.deepEqual(calls, expected);
  });

test('stack tasks: removing a Swarm’s stack includes everything it owns, services first', async (t) => {
  const { engine, calls } = makeEngine({
    '/services': [{ ID: 's1', Spec: { Name: 'shop_web' } }],
    '/secrets': [{ ID: 'k1', Spec: { Name: 'key' } }],
    '/configs': [],
    '/networks': [{ Id: 'n1', Name: 'shop_default' }],
  });
  const tasks = await stackTasks(engine, stack, 'remove');
  t.deepEqual(
    tasks.map(({ name }) => name),
    ['Service shop_web', 'Secret key', 'Network shop_default'],
  );
  t.true(calls.every((call) => call.endsWith('?filters={"label":["com.docker.stack.namespace=shop"]}')));
  calls.length = 0;
  for (const task of tasks) await task.run(new Set());
  t.deepEqual(calls, ['DELETE /services/s1', 'DELETE /secrets/k1', 'DELETE /networks/n1']);
});

test('stack tasks: a Swarm’s stack stops by scaling, at the version that was read; the rest of the spec stays', async (t) => {
  const Spec = {
    Name: 'shop_web',
    Mode: { Replicated: { Replicas: 3 } },
    TaskTemplate: { x: 1 },
    Labels: { a: 'b' },
  };
  const { engine, calls, bodies } = makeEngine({
    '/services': [{ ID: 's1', Spec }],
    '/services/s1': { Version: { Index: 9 }, Spec },
  });
  for (const task of await stackTasks(engine, stack, 'stop')) await task.run(new Set());
  t.is(calls.at(-1), 'POST /services/s1/update?version=9');
  t.deepEqual(bodies, [{ ...Spec, Mode: { Replicated: { Replicas: 0 } } }]);
});

const scaled = (Replicas: number) => ({ Name: 'web', Mode: { Replicated: { Replicas } } });
const scales: [string, 'start' | 'stop', unknown, unknown, number | null][] = [
  ['starts as many as before', 'start', scaled(0), scaled(4), 4],
  ['starts one replica if the number is unknown', 'start', scaled(0), null, 1],
  ['starts nothing that runs', 'start', scaled(2), null, null],
  ['stops', 'stop', scaled(2), null, 0],
  ['stops nothing that stands', 'stop', scaled(0), scaled(2), null],
  ['has no scale for each node', 'stop', { Name: 'web', Mode: {} }, null, null],
];

for (const [fact, verb, spec, previous, replicas] of scales)
  test(`stack tasks: a service ${fact}`, (t) => {
    t.is(replicasFor(verb, new JsonReader(spec), new JsonReader(previous)), replicas);
  });
