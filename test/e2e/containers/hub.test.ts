import { readFile } from 'node:fs/promises';
import { runCommand } from '../../../tools/lab/run-command.js';
import { AgentContainer, CONTAINER } from '../../kit/agent/container.js';
import { BASE_IMAGE, serialServerTest, sharedEngine } from '../../kit/engine/lab.js';
import { signIn } from '../../kit/hub/api.js';
import { until } from '../../kit/until.js';
import { containHub, HUB_IMAGE } from './hub-container.js';

const MAX_IMAGE_BYTES = 5_000_000;
const HEALTHCHECK = ['node', '/app/host/main.js', 'healthcheck'];
const START_MS = 90_000;
/** Docker's own patience before it kills, s. */
const STOP_SECONDS = '10';

serialServerTest(
  'hub container: run as documented it serves agents, stops cleanly, and survives a kill',
  async (t) => {
    t.timeout(180_000);
    const engine = await sharedEngine();
    const hub = await containHub(t, engine);
    const first = await hub.followLog();
    const [, password = ''] = /password (\S+)/.exec(await first.untilLine(/admin password/, START_MS)) ?? [];
    await first.untilLine(/^fairlead: dashboard /, START_MS);
    const api = await signIn(t, { origin: hub.origin, password });
    const created = await api.createEnvironment({ name: 'contained' });
    const agent = new AgentContainer(t, engine);
    await agent.paste(created.commands.standalone);
    await api.until(created.id, ({ status, snapshot }) => status === 'online' && snapshot !== null);
    const through = await api.dockerArgs(created.id);
    const names = async () =>
      (await runCommand('docker', [...through, 'ps', '--format', '{{.Names}}'])).stdout;
    t.true((await names()).split('\n').includes(CONTAINER));

    const id = await hub.id();
    const inspect = async (format: string) =>
      JSON.parse((await engine.docker(['inspect', '-f', `{{json ${format}}}`, id])).stdout);
    t.is((await engine.docker(['exec', id, ...HEALTHCHECK])).stdout, 'fairlead: healthy\n');
    t.regex((await engine.docker(['exec', id, 'fairlead', '--version'])).stdout, /^\d+\.\d+\.\d+/);
    t.deepEqual((await inspect('.Config.Healthcheck.Test')).slice(1), HEALTHCHECK);
    const { stdout: status } = await engine.docker(['exec', id, 'cat', '/proc/1/status']);
    t.regex(status, /^Uid:\t1000\t1000/m);
    t.regex(status, /^CapEff:\t0+$/m);
    t.log(`resident memory: ${/^VmRSS:\s+(\d+)/m.exec(status)?.[1]} KB`);

    /** Once it answers again, everything is as it was. */
    const isBack = async (container: string) => {
      const check = () => engine.docker(['exec', container, ...HEALTHCHECK], { allowFailure: true });
      await until(check, ({ code }) => code === 0, { ms: START_MS });
      await api.until(created.id, (view) => view.status === 'online', START_MS);
      t.true((await names()).split('\n').includes(CONTAINER));
    };
    await engine.docker(['stop', '-t', STOP_SECONDS, id]);
    t.is((await inspect('.State')).ExitCode, 0);
    await engine.docker(['start', id]);
    await isBack(id);

    await engine.docker(['kill', id]);
    await engine.docker(['start', id]);
    await isBack(id);

    // A newer image is another container with the same volume.
    await hub.paste('docker compose -f deploy/compose.yaml up -d --force-recreate');
    const next = await hub.id();
    t.not(next, id);
    await isBack(next);
    const { stdout } = await engine.docker(['logs', next]);
    t.notRegex(stdout, /password/, 'it is printed once');
  },
);

serialServerTest('hub image: adds little to its base', async (t) => {
  const engine = await sharedEngine();
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const images = [`${HUB_IMAGE}:${version}`, BASE_IMAGE];
  const { stdout } = await engine.docker(['image', 'inspect', '-f', '{{.Size}}', ...images]);
  const [hub = 0, base = 0] = stdout.trim().split('\n').map(Number);
  t.log(`${hub - base} bytes on top of the base`);
  t.true(hub > base && hub - base < MAX_IMAGE_BYTES);
});
