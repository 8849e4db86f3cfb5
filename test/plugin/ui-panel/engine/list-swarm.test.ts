import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { EngineClient } from '../../../../plugin/ui-panel/engine/client.js';
import { listSwarm } from '../../../../plugin/ui-panel/engine/list-swarm.js';

test('list Swarm: a node that is joining is named by its id', async (t) => {
  const answers = new Map<string, unknown>([
    ['/nodes', [{ ID: 'n1' }, { ID: 'n2', Description: { Hostname: 'host' } }]],
    ['/services', []],
    ['/tasks', ['n1', 'n2'].map((NodeID) => ({ ID: `of-${NodeID}`, NodeID, Spec: {}, Status: {} }))],
  ]);
  const engine = new EngineClient(new ApiClient({ baseUrl: '/edge' }), 5);
  engine.call = async <T>(_: string, path: string) => answers.get(path) as T;
  const { tasks } = await listSwarm(engine);
  t.deepEqual(tasks.map(({ node }) => node?.name).sort(), ['host', 'n1']);
});
