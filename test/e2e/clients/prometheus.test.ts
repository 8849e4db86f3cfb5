import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientTabs } from '../../../plugin/ui-panel/views/docker-access/client-tabs.js';
import { startChild } from '../../kit/child.js';
import { containerName, docker } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE, serialServerTest } from '../../kit/engine/lab.js';
import { freePort } from '../../kit/free-port.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

type Targets = { data: { activeTargets: { discoveredLabels: Record<string, string> }[] } };

serialServerTest('docker port: Prometheus discovers containers with the text of the panel', async (t) => {
  t.timeout(120_000);
  const setup = await startPortSetup(t);
  const { access, folder } = setup.port;
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const tab = clientTabs({ name: 'shop', host: access.host }).find(({ id }) => id === 'prometheus');
  const config = (tab?.pastes[0]?.text ?? '').replaceAll('/etc/prometheus/shop', folder);
  const own = await tempFolder(t);
  await writeFile(join(own, 'prometheus.yml'), config);

  const port = await freePort();
  const args = [
    `--config.file=${join(own, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(own, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const prometheus = startChild(t, 'prometheus', args, process.env);
  const discovered = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets`).catch(() => null);
    const { data } = ((await answer?.json().catch(() => null)) ?? { data: { activeTargets: [] } }) as Targets;
    return data.activeTargets.map(({ discoveredLabels: labels }) => labels.__meta_docker_container_name);
  };
  const found = await until(discovered, (names) => names.includes(`/${name}`), { ms: 60_000, everyMs: 200 });
  t.true(found.includes(`/${name}`), prometheus.lines.join('\n'));
});
