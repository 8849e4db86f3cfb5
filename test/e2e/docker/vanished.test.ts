import type { TunnelView } from '../../../plugin/api.js';
import { containerName, docker, hubSides } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import { BUSYBOX_IMAGE, labTest } from '../../kit/engine/lab.js';
import { untilTunnel } from '../../kit/hub-and-agent.js';

/** How long Linux keeps a connection of an ended process (a minute), plus a keep-alive and a check of the hub. */
const NOTICED_MS = 120_000;

labTest('docker exec: a killed client of a silent process does not keep the tunnel open', async (t) => {
  t.timeout(10 * NOTICED_MS);
  const setup = await startPortSetup(t);
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '3600']);
  const sessions = hubSides(setup).map((side) =>
    startDocker(t, side, ['exec', name, 'sh', '-c', 'echo ready; exec sleep 3600']),
  );
  for (const session of sessions) await session.untilOutput(/ready/);
  const { body } = await setup.hub.call<TunnelView>(
    'GET',
    `/edge/api/environments/${setup.environmentId}/tunnel`,
  );
  t.is(body.calls, sessions.length);
  for (const session of sessions) session.signal('SIGKILL');
  const { tookMs } = await untilTunnel(
    setup.hub,
    setup.environmentId,
    ({ calls }) => calls === 0,
    5 * NOTICED_MS,
  );
  t.log(`${Math.round(tookMs / 1_000)} s`);
});
