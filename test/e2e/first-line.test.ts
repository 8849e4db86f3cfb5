import { runCommand } from '../../tools/lab/run-command.js';
import { startAgent } from '../kit/agent/agent.js';
import { labTest, sharedEngine } from '../kit/engine/lab.js';
import { startHub } from '../kit/hub/hub.js';

labTest('first call: from a created environment to docker ps through the hub', async (t) => {
  const engine = await sharedEngine();
  const hub = await startHub(t);
  const created = await hub.createEnvironment({ name: 'first' });
  t.is(created.status, 'new');
  await startAgent(t, { edgeId: created.edgeId ?? '', edgeKey: created.edgeKey, engine: engine.socketPath });
  await hub.until(created.id, (view) => view.status === 'online' && view.snapshot !== null);
  const args = await hub.dockerArgs(created.id);
  const through = await runCommand('docker', [...args, 'info', '--format', '{{.ID}}']);
  const direct = await engine.docker(['info', '--format', '{{.ID}}']);
  t.is(through.stderr, '');
  t.is(through.stdout, direct.stdout);
  t.is((await hub.until(created.id, () => true)).tunnel, 'active');
});
