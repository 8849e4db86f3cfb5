import type { ExecutionContext } from 'ava';
import { runCommand } from '../../../tools/lab/run-command.js';
import { joinEngine } from '../../kit/docker/setup.js';
import { BASE_IMAGE, serialServerTest, sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';
import { PROXY_NAMES, type ProxyName, startReverseProxy } from './reverse-proxy.js';

/** What the proxies wait for a silent peer, s. */
const SILENCE_S = 5;
/** Longer than two of these. */
const OPEN_MS = 12_000;
const SUB_PATH = '/docker';

const scope = fileScope();
let hub: Promise<Hub> | undefined;

/** The sample with short limits for silence, and for nginx below a path of a larger site. */
function edit(sample: string): string {
  return sample
    .replaceAll(/\b1d\b/g, `${SILENCE_S}s`)
    .replace('location / {', `location ${SUB_PATH}/ {`)
    .replace('proxy_pass https://fairlead;', 'proxy_pass https://fairlead/;');
}

for (const name of PROXY_NAMES) {
  serialServerTest(
    `one port: through ${name} a tunnel opens, outlives its limit for silence, and downloads`,
    async (t) => {
      t.timeout(120_000);
      await passes(t, name);
    },
  );
}

async function passes(t: ExecutionContext, name: ProxyName): Promise<void> {
  const engine = await sharedEngine();
  hub ??= startHub(scope, { env: { FAIRLEAD_TRUST_PROXY: '1' } });
  const { origin, caFile } = await startReverseProxy(scope, name, await hub, edit);
  const base = name === 'nginx-http' ? `${origin}${SUB_PATH}` : origin;
  const { agent, environmentId } = await joinEngine(scope, await hub, engine.socketPath, {
    environment: { name, url: `${base}/edge`, tunnelAddress: null },
    env: { EDGE_INSECURE_POLL: '0', EDGE_CA_FILE: caFile },
  });
  t.teardown(() => {
    if (!t.passed) for (const line of agent.child.lines) t.log(line);
  });
  const { openedAt, path } = await openTunnel(await hub, environmentId);
  t.is(path, 'api');
  const { view } = await untilTunnel(
    await hub,
    environmentId,
    (now) => now.state !== 'active' || Date.now() - Date.parse(now.openedAt ?? '') > OPEN_MS,
  );
  t.is(view.openedAt, openedAt, 'the same tunnel');
  const list = async (args: readonly string[]) => {
    const { stdout } = await runCommand('sh', [
      '-c',
      `docker ${args.join(' ')} save ${BASE_IMAGE} | tar -tv | sort`,
    ]);
    return stdout;
  };
  const through = await (await hub).dockerArgs(environmentId);
  t.is(await list(through), await list(['-H', `unix://${engine.socketPath}`]));
}
