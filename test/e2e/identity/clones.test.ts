import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import type { LabEngine } from '../../../tools/lab/engine.js';
import { BUSYBOX_IMAGE } from '../../../tools/lab/images/base-image.js';
import { startAgent } from '../../kit/agent/agent.js';
import { labTest, startEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import { openTunnel } from '../../kit/hub-and-agent.js';
import { tempFolder } from '../../kit/temp-folder.js';

labTest(
  'clones: calls reach the first of two cloned machines only, until an admin chooses the other',
  async (t) => {
    t.timeout(180_000);
    // An engine has its identity from its key, and a full clone of a machine has the same key.
    const files = { '/etc/docker/key.json': engineKey() };
    const [first, clone] = [await startEngine(t, { files }), await startEngine(t, { files })];
    t.is(await idOf(first), await idOf(clone));
    const hub = await startHub(t);
    const created = await hub.createEnvironment({ name: 'cloned' });
    const agentOptions = { edgeId: created.edgeId ?? '', edgeKey: created.edgeKey };
    const agent = await startAgent(t, { ...agentOptions, engine: first.socketPath });
    await hub.until(created.id, ({ status }) => status === 'online');
    const docker = `/edge/api/environments/${created.id}/docker`;
    const name = 'doomed';
    for (const engine of [first, clone])
      await engine.docker(['create', '--name', name, BUSYBOX_IMAGE, 'true']);

    const dataDir = await tempFolder(t);
    await cp(agent.dataDir, dataDir, { recursive: true });
    const bootId = randomUUID();
    const other = await startAgent(t, { ...agentOptions, dataDir, engine: clone.socketPath, bootId });
    await other.child.untilLine(/"code":"machine-cloned"/, 120_000);
    await openTunnel(hub, created.id);
    t.like(await hub.until(created.id, ({ problem }) => problem?.code === 'machine-cloned'), {
      status: 'online',
      problem: { code: 'machine-cloned' },
    });
    t.is((await hub.call('DELETE', `${docker}/containers/${name}`)).status, 204);
    t.is(await count(first), 0);
    t.is(await count(clone), 1);

    t.is((await hub.call('POST', `/edge/api/environments/${created.id}/accept-clone`)).status, 200);
    await agent.child.untilLine(/"code":"machine-cloned"/, 120_000);
    await other.child.untilLine(/"msg":"enrolled"/, 120_000);
    t.is((await hub.call('DELETE', `${docker}/containers/${name}`)).status, 204);
    t.is(await count(clone), 0);

    async function idOf(engine: LabEngine): Promise<string> {
      return (await engine.docker(['info', '--format', '{{.ID}}'])).stdout.trim();
    }

    async function count(engine: LabEngine): Promise<number> {
      const { stdout } = await engine.docker(['ps', '--all', '--quiet', '--filter', `name=${name}`]);
      return stdout.split('\n').filter(Boolean).length;
    }
  },
);

/** As engines up to 20.10 keep it; later ones reuse an id that they find. */
function engineKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}
