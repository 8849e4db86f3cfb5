import { LAB_ROOT } from '../../../tools/lab/namespace.js';
import { CONTAINER, startContainerSetup } from '../../kit/agent/container.js';
import { labTest, startEngine } from '../../kit/engine/lab.js';

/** A user and a group that every Debian has, whose containers' root is this one on the machine. */
const REMAPPED = { user: 'daemon', ids: 'daemon:100000:65536\n' };

labTest(
  'agent container: with user namespaces the printed command works, and without its option the cause is named',
  async (t) => {
    t.timeout(240_000);
    const engine = await startEngine(t, {
      images: true,
      // All folders above its own are open to others.
      parentDir: LAB_ROOT,
      args: [`--userns-remap=${REMAPPED.user}`],
      files: { '/etc/subuid': REMAPPED.ids, '/etc/subgid': REMAPPED.ids },
    });
    const { hub, created, container } = await startContainerSetup(t, engine, { name: 'remapped' });
    const command = created.commands.standalone;
    await container.paste(command.replace('--userns host ', ''));
    const refused = await hub.until(
      created.id,
      ({ problem }) => problem?.code === 'engine-permission',
      60_000,
    );
    t.is(refused.status, 'degraded');
    t.regex((await engine.docker(['logs', CONTAINER])).stdout, /engine-permission.*--userns=host/);

    await container.remove();
    await container.paste(command);
    const works = await hub.until(
      created.id,
      ({ status, problem }) => status === 'online' && problem === null,
      90_000,
    );
    t.not(works.agent, null);
    t.is((await hub.call('GET', `/edge/api/environments/${created.id}/docker/version`)).status, 200);
  },
);
