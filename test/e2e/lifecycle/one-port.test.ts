import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { EnvironmentView } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { BASE_IMAGE, BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { freePort } from '../../kit/free-port.js';
import { startHub } from '../../kit/hub/hub.js';
import { type HubAndAgent, openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';

/** Five times the second that the agent waits for the tunnel port, and its own start. */
const OPEN_MS = 10_000;

async function byApi(t: ExecutionContext, { hub, created, agent }: HubAndAgent): Promise<void> {
  t.teardown(() => {
    if (!t.passed) for (const line of agent.child.lines) t.log(line);
  });
  t.is((await openTunnel(hub, created.id)).path, 'api');
  const { body } = await hub.call<EnvironmentView>('GET', `/edge/api/environments/${created.id}`);
  t.is(body.tunnelPath, 'api');
  await agent.child.untilLine(/"path":"api".*"tunnel open"/);
  await hub.child.untilLine(/path=api.*tunnel open|tunnel open.*path.*api|"path":"api".*tunnel open/);
}

serialLabTest(
  'one port: where nothing listens at the tunnel port, the tunnel opens by the API',
  async (t) => {
    const both = await startHubAndAgent(t, {
      environment: async () => ({ tunnelAddress: `127.0.0.1:${await freePort()}` }),
    });
    await byApi(t, both);
  },
);

serialLabTest(
  'one port: where a firewall drops the tunnel port, the tunnel opens within a second more',
  async (t) => {
    const port = await freePort();
    const rule = ['INPUT', '-p', 'tcp', '--dport', `${port}`, '-j', 'DROP'];
    execFileSync('iptables', ['-I', ...rule]);
    t.teardown(() => execFileSync('iptables', ['-D', ...rule]));
    const both = await startHubAndAgent(t, {
      environment: async () => ({ tunnelAddress: `127.0.0.1:${port}` }),
    });
    const startedMs = performance.now();
    await byApi(t, both);
    t.true(performance.now() - startedMs < OPEN_MS);
    const { hub, created } = both;
    await hub.call('DELETE', `/edge/api/environments/${created.id}/tunnel`);
    const againMs = performance.now();
    await openTunnel(hub, created.id);
    t.log(
      `opened after ${Math.round(againMs - startedMs)} ms, and again after ${Math.round(performance.now() - againMs)}`,
    );
  },
);

serialLabTest(
  'one port: a hub without a tunnel port serves the docker client, downloads and terminals included',
  async (t) => {
    t.timeout(120_000);
    const hub = await startHub(t, { env: { FAIRLEAD_TUNNEL_PORT: 'none' } });
    const both = await startHubAndAgent(t, { hub });
    t.is(both.created.tunnelAddress, null);
    await byApi(t, both);
    const engine = await sharedEngine();
    const through = await hub.dockerArgs(both.created.id);
    const hash = (bytes: string) => createHash('sha256').update(bytes, 'latin1').digest('hex');
    const save = ['run', '--rm', '-i', BUSYBOX_IMAGE, 'sh', '-c'];
    const input = Buffer.alloc(1_000_000, 'piped\n');
    for (const script of ['seq 1 300000; exit 5', 'wc -c; exit 9']) {
      const [there, here] = await Promise.all([
        runCommand('docker', [...through, ...save, script], { input, allowFailure: true }),
        engine.docker([...save, script], { input, allowFailure: true }),
      ]);
      t.deepEqual([there.code, hash(there.stdout)], [here.code, hash(here.stdout)], there.stderr);
    }
    for (let n = 0; n < 3; n++) {
      const saved = await runCommand('sh', [
        '-c',
        `docker ${through.join(' ')} save ${BASE_IMAGE} | tar -t | wc -l`,
      ]);
      t.true(Number(saved.stdout) > 3, saved.stderr);
    }
  },
);
