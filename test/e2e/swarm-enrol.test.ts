import { serialLabTest } from '../helpers/lab.js';
import { startSwarmLine } from '../helpers/swarm-line.js';

serialLabTest(
  'swarm: the printed command enrols three managers; one leads, each node is in reach',
  async (t) => {
    t.timeout(240_000);
    const line = await startSwarmLine(t, { managers: 3 });
    const { swarm, docker } = line;
    for (const node of swarm.nodes) {
      const { stdout } = await docker(['info', '-f', '{{.Name}}'], { node: node.name });
      t.is(stdout.trim(), node.name);
    }
    const leader = await line.leader();
    t.log(leader, line.tunnels());
    const { stdout } = await docker(['node', 'ls', '--format', '{{.Hostname}}']);
    t.deepEqual(stdout.trim().split('\n').sort(), ['node1', 'node2', 'node3']);
  },
);
