import type { EnvironmentView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startContainerSetup } from '../../kit/agent/container.js';
import { labTest, startEngine } from '../../kit/engine/lab.js';

const isOnline = (view: EnvironmentView) => view.status === 'online' && view.swarm !== null;

labTest(
  'agent service: the printed command and the printed stack bring a one-node Swarm online',
  async (t) => {
    t.timeout(150_000);
    const engine = await startEngine(t, { images: true });
    await engine.docker(['swarm', 'init', '--advertise-addr', '127.0.0.1']);
    const nodeId = (await engine.docker(['info', '-f', '{{.Swarm.NodeID}}'])).stdout.trim();

    const service = await startContainerSetup(t, engine, { name: `it's "a service" $HOME` });
    // The command itself ends after the task's first health probe, which is later.
    service.container.pasteAndLeave(service.created.commands.swarm);
    const view = await service.hub.until(service.created.id, isOnline);
    t.like(view.swarm, { nodeId, role: 'manager', managers: 1, nodes: 1 });
    t.is(view.problem, null);
    const args = await service.hub.dockerArgs(service.created.id);
    const nodes = await runCommand('docker', [...args, 'node', 'ls', '-q']);
    t.is(nodes.stdout.trim(), nodeId);
    const label = '{{index .Spec.Labels "fairlead.environment"}}';
    const { stdout } = await engine.docker(['service', 'inspect', '-f', label, 'fairlead-agent']);
    t.is(stdout.trim(), `it's "a service" $HOME`);
    await engine.docker(['service', 'rm', 'fairlead-agent']);

    const stack = await startContainerSetup(t, engine, { name: `it's "a stack" $HOME` });
    await stack.container.paste(stack.created.commands.stackSecret);
    await stack.container.paste('docker stack deploy -c - fairlead', { input: stack.created.commands.stack });
    t.is((await stack.hub.until(stack.created.id, isOnline)).swarm?.nodeId, nodeId);
    const { stdout: spec } = await engine.docker(['service', 'inspect', 'fairlead_agent']);
    t.false(spec.includes(stack.created.edgeKey), 'the key is a secret');
  },
);
