import type { TunnelView } from '../../../plugin/api.js';
import { containerName, docker } from '../../kit/docker/compare.js';
import { watchEngine } from '../../kit/docker/open-connections.js';
import { startDocker } from '../../kit/docker/session.js';
import { startDockerSetup } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, labTest } from '../../kit/engine/lab.js';
import { untilTunnel } from '../../kit/hub-and-agent.js';

/** How long Linux keeps a connection of an ended process (a minute), plus a keep-alive and a check of the hub. */
const NOTICED_MS = 120_000;

labTest('docker exec: a killed client of a silent process does not keep the tunnel open', async (t) => {
  t.timeout(10 * NOTICED_MS);
  const setup = await startDockerSetup(t);
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '3600']);
  const called = await watchEngine(setup);
  const session = startDocker(t, setup.through, ['exec', name, 'sh', '-c', 'echo ready; exec sleep 3600']);
  await session.untilOutput(/ready/);
  await called();
  const { body } = await setup.hub.call<TunnelView>(
    'GET',
    `/edge/api/environments/${setup.environmentId}/tunnel`,
  );
  t.is(body.calls, 1);
  session.signal('SIGKILL');
  const { tookMs } = await untilTunnel(
    setup.hub,
    setup.environmentId,
    ({ calls }) => calls === 0,
    5 * NOTICED_MS,
  );
  t.log(`${Math.round(tookMs / 1_000)} s`);
});
