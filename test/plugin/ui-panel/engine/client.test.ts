import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { EngineClient, type NodeAnswer } from '../../../../plugin/ui-panel/engine/client.js';
import { itemsOf } from '../../../../plugin/ui-panel/engine/model/json-reader.js';
import { ALL_NODES, nodeOf } from '../../../../plugin/ui-panel/engine/model/node-name.js';

function engineThat(
  answer: unknown,
  node: string | null,
  onNodes?: (answers: readonly NodeAnswer[]) => void,
) {
  const asked: string[] = [];
  const client = new ApiClient({
    baseUrl: '',
    fetch: async (url, init) => {
      asked.push(`${init?.method} ${String(url).replace('/api/environments/5', '')}`);
      return Response.json(answer);
    },
  });
  return { asked, engine: new EngineClient(client, 5, node, onNodes) };
}

test('engine client: lists of one engine, also of volumes', async (t) => {
  const { asked, engine } = engineThat([{ Id: 'a' }], null);
  const [item] = itemsOf(await engine.list('/containers/json?all=1'));
  t.is(item?.text('Id'), 'a');
  t.is(item && nodeOf(item), null);
  const volumes = engineThat({ Volumes: [{ Name: 'v' }], Warnings: null }, 'node 2/3');
  t.like(await volumes.engine.list('/volumes'), [{ Name: 'v' }]);
  t.deepEqual(await engineThat({ Volumes: null }, null).engine.list('/volumes'), []);
  t.deepEqual(
    [asked, volumes.asked],
    [['GET /docker/containers/json?all=1'], ['GET /nodes/node%202%2F3/docker/volumes']],
  );
});

test('engine client: a list of all nodes reports each node’s result; a row is called at its node', async (t) => {
  const nodes = [{ id: 'n1', name: 'one', state: 'failed', code: 'node-offline', detail: '', warnings: [] }];
  const received: (readonly NodeAnswer[])[] = [];
  const items = [{ Id: 'a', Node: { ID: 'n2', Name: 'two' } }];
  const { asked, engine } = engineThat({ items, nodes }, ALL_NODES, (answers) => received.push(answers));
  const [item] = itemsOf(await engine.list('/images/json'));
  await engine.list('/containers/json?all=1');
  t.deepEqual(received, [nodes, nodes] as never);
  const row = { node: item ? nodeOf(item) : null };
  t.deepEqual(row.node, { id: 'n2', name: 'two' });
  await engine.of(row).call('POST', '/x');
  await engine.of({ node: null }).call('GET', '/version');
  t.deepEqual(asked, [
    'GET /docker/images/json?nodes=all',
    'GET /docker/containers/json?all=1&nodes=all',
    'POST /nodes/n2/docker/x',
    'GET /docker/version',
  ]);
});

test('engine client: ignores an engine’s own `Node`, and items without an id', async (t) => {
  const listed = async (answer: unknown, node: string | null) =>
    itemsOf(await engineThat(answer, node).engine.list('/containers/json')).map((item) => [
      item.text('Id'),
      nodeOf(item)?.id,
    ]);
  const items = [{ Id: 'a', Node: { ID: 'manager', Name: 'worker' } }, { Id: 5 }, null, 'x', { Name: {} }];
  t.deepEqual(await listed(items, null), [['a', undefined]]);
  t.deepEqual(await listed({ items, nodes: [] }, ALL_NODES), [['a', 'manager']]);
  t.deepEqual(await listed({ message: 'x' }, null), []);
  t.deepEqual(await listed([{ Id: 'a' }, { Id: '' }, { Id: 'a', Image: 'other' }], null), [['a', undefined]]);
});
