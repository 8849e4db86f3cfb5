import { once } from 'node:events';
import https from 'node:https';
import type { ExecutionContext } from 'ava';
import { openConsole } from '../../kit/docker/console.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { type HubApi, hubApi, signIn } from '../../kit/hub/api.js';
import { type HubAndAgent, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

/** Immediately: within 0.2 s. */
const AT_ONCE_MS = 5 * 200;
const CONTAINER = `sign-out-${process.pid}`;
const scope = fileScope();
let started: Promise<HubAndAgent> | undefined;
const sharedSetup = () => {
  started ??= (async () => {
    const engine = await sharedEngine();
    const script = 'while :; do echo tick; sleep 0.1; done';
    await engine.docker(['run', '-d', '--init', '--name', CONTAINER, BUSYBOX_IMAGE, 'sh', '-c', script]);
    scope.teardown(async () => void (await engine.docker(['rm', '-f', CONTAINER], { allowFailure: true })));
    return startHubAndAgent(scope);
  })();
  return started;
};

/** A stream in flow: resolves when it has ended, regularly or not. */
interface Open {
  readonly what: string;
  readonly over: Promise<unknown>;
}

async function openRequest(t: ExecutionContext, { origin, token }: HubApi, path: string): Promise<Open> {
  const headers = { authorization: `Bearer ${token}` };
  const req = https.get(origin + path, { headers, rejectUnauthorized: false, agent: false });
  t.teardown(() => req.destroy());
  req.on('error', () => undefined);
  const [response] = await once(req, 'response');
  t.is(response.statusCode, 200, path);
  response.on('error', () => undefined);
  await once(response, 'data');
  response.resume();
  return { what: path, over: new Promise((resolve) => response.once('close', resolve)) };
}

async function openExec(t: ExecutionContext, hub: HubApi, id: number): Promise<Open> {
  const docker = `/edge/api/environments/${id}/docker`;
  const exec = { Cmd: ['cat'], AttachStdin: true, AttachStdout: true };
  const { body } = await hub.call<{ Id: string }>('POST', `${docker}/containers/${CONTAINER}/exec`, exec);
  const start = JSON.stringify({ Detach: false, Tty: false });
  const req = https.request(`${hub.origin}${docker}/exec/${body.Id}/start`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${hub.token}`,
      'content-type': 'application/json',
      'content-length': start.length,
      connection: 'Upgrade',
      upgrade: 'tcp',
    },
    rejectUnauthorized: false,
    agent: false,
  });
  req.on('error', () => undefined);
  req.end(start);
  const [, socket] = await once(req, 'upgrade');
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.resume();
  return { what: 'exec', over: new Promise((resolve) => socket.once('close', resolve)) };
}

/** One stream of each kind that a client can keep open. */
async function openAll(t: ExecutionContext, hub: HubApi, id: number) {
  const docker = `/edge/api/environments/${id}/docker`;
  const shell = await openConsole(t, hub, id, CONTAINER, ['sh']);
  const streams = [
    await openRequest(t, hub, '/edge/api/events'),
    await openRequest(t, hub, `${docker}/containers/${CONTAINER}/logs?follow=1&stdout=1`),
    await openExec(t, hub, id),
    { what: 'console', over: shell.closed },
  ];
  return { shell, streams };
}

async function untilOver(t: ExecutionContext, streams: readonly Open[], since: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, 10 * AT_ONCE_MS, 'still open');
  });
  await Promise.all(
    streams.map(async ({ what, over }) => {
      const said = await Promise.race([over, late]);
      t.not(said, 'still open', what);
      t.true(performance.now() - since < AT_ONCE_MS, `${what}: ${performance.now() - since} ms`);
    }),
  );
  clearTimeout(timer);
}

serialLabTest(
  'sign-out: open streams of the session end immediately, those of others continue',
  async (t) => {
    const { hub, created } = await sharedSetup();
    const session = await signIn(t, { origin: hub.origin, password: hub.password });
    const { shell, streams } = await openAll(t, session, created.id);
    const others = await openAll(t, hub, created.id);
    t.is((await session.call('DELETE', '/api/session')).status, 204);
    await untilOver(t, streams, performance.now());
    t.like((await shell.closed).at(-1), { type: 'error', code: 'unauthorized' });
    others.shell.type('echo "still $((40 + 2))"\n');
    await others.shell.untilOutput(/still 42/);
    await untilTunnel(hub, created.id, ({ calls }) => calls === others.streams.length - 1);
  },
);

serialLabTest('revocation: open streams of an API token end immediately', async (t) => {
  const { hub, created } = await sharedSetup();
  const body = { name: 'ci', environmentId: created.id };
  const { body: made } = await hub.call<{ id: string; token: string }>('POST', '/api/tokens', body);
  const caller = hubApi(t, { origin: hub.origin, token: made.token });
  const { streams } = await openAll(t, caller, created.id);
  t.is((await hub.call('DELETE', `/api/tokens/${made.id}`)).status, 204);
  await untilOver(t, streams, performance.now());
});
