import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { EnvironmentView } from '../../../plugin/api.js';
import { startChild } from '../../kit/child.js';
import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { startDocker } from '../../kit/docker/session.js';
import { type DockerSetup, joinEngine } from '../../kit/docker/setup.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BASE_IMAGE, BUSYBOX_IMAGE, serialServerTest, sharedEngine } from '../../kit/engine/lab.js';
import { type HubApi, signIn } from '../../kit/hub/api.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { PROXY_NAMES, type ProxyName, startReverseProxy } from './reverse-proxy.js';

/** Those that pass on the end of one direction. Behind the others `docker run` and `exec` need a terminal. */
const PASS_HALF_CLOSE: readonly ProxyName[] = ['nginx-stream', 'haproxy'];
const TRANSFER_MS = 120_000;
/** A check-in is held for 50 s; plain ones come every 5. */
const HELD_MS = 40_000;
const HOLD_SEEN_WITHIN_MS = 240_000;

const scope = fileScope();
let hub: Promise<Hub> | undefined;
/** Watched while the other tests run, since a hold lasts long. */
const holds = new Map<ProxyName, Promise<number>>();

/** Hub, proxy, and an agent on the engine that knows the hub by the proxy's address only. */
async function setup(t: ExecutionContext, name: ProxyName): Promise<{ proxied: DockerSetup; api: HubApi }> {
  const engine = await sharedEngine();
  hub ??= startHub(scope, { env: { FAIRLEAD_TRUST_PROXY: '1' } });
  const proxy = await startReverseProxy(scope, name, await hub);
  const { origin, caPem, caFile, tunnelPort } = proxy;
  const api = await signIn(scope, { origin, caPem, password: (await hub).password });
  const environment = {
    name,
    ...(tunnelPort === null ? {} : { tunnelAddress: `localhost:${tunnelPort}` }),
  };
  const env = { EDGE_INSECURE_POLL: '0', EDGE_CA_FILE: caFile };
  const joined = await joinEngine(scope, api, engine.socketPath, { environment, env });
  const { body } = await api.call<EnvironmentView>('GET', `/edge/api/environments/${joined.environmentId}`);
  t.is(body.url, `${origin}/edge`, 'the address the admin used');
  const local = { ...joined.through, kind: 'local', args: ['-H', `unix://${engine.socketPath}`] } as const;
  return { api, proxied: { engine, hub: await hub, local, ...joined } };
}

for (const name of PROXY_NAMES) {
  serialServerTest(`reverse proxy: the docker client works through ${name}`, async (t) => {
    t.timeout(180_000);
    const { proxied, api } = await setup(t, name);
    const hold = untilHeld(api, proxied.environmentId);
    hold.catch(() => undefined);
    holds.set(name, hold);
    const shell = (script: string) => [BUSYBOX_IMAGE, 'sh', '-c', script];

    await events(t, api, proxied.environmentId);
    await logs(t, proxied);
    await terminal(t, proxied);
    if (PASS_HALF_CLOSE.includes(name)) {
      const ran = await compare(t, proxied, (container) => [
        ...['run', '--rm', '--name', container],
        ...shell('seq 1 100000; echo err >&2; exit 7'),
      ]);
      t.like({ ...ran, stdout: ran.stdout.length }, { code: 7, stdout: 588_895, stderr: 'err\n' });
      const input = Buffer.alloc(1_000_000, 'piped\n');
      const args = (container: string) => [
        'run',
        '--rm',
        '-i',
        '--name',
        container,
        ...shell('wc -c; exit 9'),
      ];
      t.like(await compare(t, proxied, args, { input }), { code: 9, stdout: '1000000\n' });
    }
    await transfer(t, proxied);
  });
}

serialServerTest('reverse proxy: check-ins are held through each of them', async (t) => {
  t.timeout(HOLD_SEEN_WITHIN_MS);
  t.is(holds.size, PROXY_NAMES.length);
  for (const [name, hold] of holds) t.log(`${name}: held for ${Math.round((await hold) / 1_000)} s`);
});

/** A change is reported while the response continues. */
async function events(t: ExecutionContext, api: HubApi, id: number): Promise<void> {
  const header = `Authorization: Bearer ${api.token}`;
  const stream = startChild(t, 'curl', ['-skN', `${api.origin}/edge/api/events`, '-H', header], process.env);
  await stream.untilLine(/./);
  const { status } = await api.call('PATCH', `/edge/api/environments/${id}`, { tags: ['changed'] });
  t.is(status, 200);
  await stream.untilLine(/^data: .*"changed"/);
  await stream.kill();
}

/** A followed log arrives line by line, as it is written. */
async function logs(t: ExecutionContext, proxied: DockerSetup): Promise<void> {
  await onBothSides(t, proxied, async (side) => {
    const name = containerName(t, proxied);
    const script = 'while read -r word; do echo "got $word"; done';
    await docker(t, side, ['run', '-di', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', script]);
    const follow = startDocker(t, side, ['logs', '-f', name]);
    const attach = startDocker(t, side, ['attach', name]);
    for (const word of ['one', 'two', 'three']) {
      attach.stdin.write(`${word}\n`);
      await follow.untilOutput(new RegExp(`got ${word}\n`));
    }
    await docker(t, side, ['stop', '-t', '0', name]);
    await attach.end();
    return await follow.end();
  });
}

async function terminal(t: ExecutionContext, proxied: DockerSetup): Promise<void> {
  const script = `
    stty -echo; tty; read -r word; echo "read $word"
    until [ "$(stty size 2>/dev/null)" = "41 123" ]; do sleep 0.05; done; echo second size; exit 6`;
  await onBothSides(t, proxied, async (side) => {
    const args = [
      'run',
      '-it',
      '--rm',
      '--name',
      containerName(t, proxied),
      BUSYBOX_IMAGE,
      'sh',
      '-c',
      script,
    ];
    const session = startTerminal(t, side, args);
    await session.untilOutput(/pts/);
    session.write('hello\r');
    await session.untilOutput(/read hello/);
    await session.drag(123, 41, /second size/);
    return await session.end();
  });
}

/** 106 MB out and in. */
async function transfer(t: ExecutionContext, proxied: DockerSetup): Promise<void> {
  const load = startDocker(t, proxied.through, ['load']);
  let piped: Promise<void> | undefined;
  const save = startDocker(t, proxied.through, ['save', BASE_IMAGE], {
    takeStdout: (stdout) => {
      piped = pipeline(stdout, load.stdin);
    },
  });
  const [saved, loaded] = await Promise.all([save.end(TRANSFER_MS), load.end(TRANSFER_MS), piped]);
  t.is(saved.code, 0, saved.stderr);
  t.like(loaded, { code: 0, stdout: `Loaded image: ${BASE_IMAGE}\n` });
}

/** Resolves to the time between two check-ins, ms, once it is as long as that of a held one. */
async function untilHeld(api: HubApi, id: number): Promise<number> {
  const deadline = Date.now() + HOLD_SEEN_WITHIN_MS;
  for (let last = Number.POSITIVE_INFINITY; Date.now() < deadline; await delay(500)) {
    const { body } = await api.call<EnvironmentView>('GET', `/edge/api/environments/${id}`);
    const at = Date.parse(body.lastCheckInAt ?? '');
    if (at - last >= HELD_MS) return at - last;
    last = at;
  }
  throw new Error(`no check-in was held for ${HELD_MS} ms`);
}
