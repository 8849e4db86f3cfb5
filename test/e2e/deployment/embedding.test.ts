import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { WebhookCreated } from '../../../plugin/api.js';
import { containerName, docker } from '../../kit/docker/compare.js';
import { startDocker } from '../../kit/docker/session.js';
import { type DockerSide, joinEngine } from '../../kit/docker/setup.js';
import {
  type Dashboard,
  makeSampleProject,
  type SampleProject,
  startDashboard,
  TOKENS,
} from '../../kit/embedding/embedded-dashboard.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { sendWebhook } from '../../kit/hub/webhook-sender.js';
import { fileScope } from '../../kit/scope.js';
import { call, firstMessage, upgradeOf } from './dashboard-clients.js';

const scope = fileScope();
let made: Promise<SampleProject> | undefined;
const theProject = () => {
  made ??= makeSampleProject(scope);
  return made;
};

/** Engine.IO ends upgrades that it does not know after 1,000 ms. */
const COLD_MS = 1_300;

const SAMPLES: Record<string, { speaksHttp2?: true; live?: 'ws' | 'socket.io'; nowhere?: 404 }> = {
  'node.mjs': { speaksHttp2: true, live: 'ws' },
  'koa.mjs': { speaksHttp2: true },
  'express.mjs': { live: 'ws' },
  'express4.mjs': { live: 'ws' },
  'fastify.mjs': { live: 'ws', nowhere: 404 },
  'hono.mjs': { live: 'ws' },
  'socket-io.mjs': { live: 'socket.io' },
};

for (const [sample, { speaksHttp2, live, nowhere }] of Object.entries(SAMPLES)) {
  serialLabTest(
    `embedding: ${sample} serves an agent, the docker client, webhooks and its own`,
    async (t) => {
      t.timeout(300_000);
      const dashboard = await startDashboard(t, await theProject(), sample);
      await signsIn(t, dashboard);
      const engine = await sharedEngine();
      const joined = await joinEngine(t, dashboard.alice, engine.socketPath);
      const { environmentId } = joined;
      await servesDocker(t, dashboard, joined.through);
      await opensColdExec(t, dashboard, joined);
      await holdsRolesApart(t, dashboard, environmentId);
      await takesWebhooks(t, dashboard);
      if (speaksHttp2) await answersHttp2(t, dashboard);
      if (live) t.is(await firstMessage(dashboard, live), live === 'ws' ? 'live' : '42["live"]');
      t.is(await upgradeOf(dashboard, '/nowhere'), nowhere ?? 'closed');
      t.is(await dashboard.child.kill('SIGTERM'), 0);
      t.deepEqual(
        dashboard.child.lines.filter((line) => /"level":[4-6]0|Error|Warning/.test(line)),
        [],
      );
    },
  );
}

/** Through the dashboard's own body parser, session and CSRF check; then with that session at the plugin. */
async function signsIn(t: ExecutionContext, dashboard: Dashboard): Promise<void> {
  const page = { 'x-requested-with': 'dashboard' };
  const body = { token: TOKENS.ALICE_TOKEN };
  t.is((await call(dashboard, 'POST', '/login', {}, body)).status, 403);
  t.is((await call(dashboard, 'POST', '/login', page, { token: 'no' })).status, 401);
  const { status, headers } = await call(dashboard, 'POST', '/login', page, body);
  t.is(status, 204);
  const cookie = (headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');
  t.is((await call(dashboard, 'GET', '/', { cookie })).body, 'Hello alice');
  const environments = '/edge/api/environments';
  t.is((await call(dashboard, 'GET', environments, { cookie, ...page })).status, 200);
  t.is((await call(dashboard, 'GET', environments, { cookie })).status, 401);
  t.is((await call(dashboard, 'GET', environments, page)).status, 401);
}

async function servesDocker(t: ExecutionContext, dashboard: Dashboard, through: DockerSide): Promise<void> {
  const setup = { engine: await sharedEngine(), through };
  const name = containerName(t, setup);
  t.regex(await docker(t, through, ['version', '--format', '{{.Server.Version}}']), /^\d/);
  // An upgrade with piped input, whose output follows the end of its input.
  const run = startDocker(t, through, [
    'run',
    '-i',
    '--name',
    name,
    BUSYBOX_IMAGE,
    'sh',
    '-c',
    'wc -c; exit 3',
  ]);
  run.stdin.end('x'.repeat(300_000));
  t.like(await run.end(), { code: 3, stdout: '300000\n', stderr: '' });
  // A download and an upload, both as streams.
  const { stdout } = await dockerBytes(t, through, ['cp', `${name}:/bin/sh`, '-']);
  await docker(t, through, ['cp', '-', `${name}:/`], { input: stdout });
  t.regex(await docker(t, through, ['diff', name]), /^A \/sh$/m);
  // A stream that says little must not wait for a compression's buffer to fill.
  const talker = containerName(t, setup);
  await docker(t, through, ['run', '-d', '--name', talker, BUSYBOX_IMAGE, 'sh', '-c', 'echo up; sleep 600']);
  const logs = startDocker(t, through, ['logs', '-f', talker]);
  await logs.untilOutput(/up/);
  await docker(t, through, ['rm', '-f', name, talker]);
  t.is((await logs.end()).code, 0);
  // Headers beyond Node's default of 16 KiB.
  const large = { authorization: `Bearer ${TOKENS.ALICE_TOKEN}`, 'x-registry-config': 'A'.repeat(40_000) };
  t.is((await call(dashboard, 'GET', '/edge/api/environments', large)).status, 200);
}

/** An upgrade that waits for its tunnel for longer than other upgrade listeners leave it alone. */
async function opensColdExec(
  t: ExecutionContext,
  dashboard: Dashboard,
  { agent, environmentId, through }: Awaited<ReturnType<typeof joinEngine>>,
): Promise<void> {
  const { alice } = dashboard;
  const setup = { engine: await sharedEngine(), through };
  const name = containerName(t, setup);
  await docker(t, through, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const path = `/edge/api/environments/${environmentId}`;
  const command = { Cmd: ['echo', 'awake'], AttachStdout: true };
  const { body } = await alice.call<{ Id: string }>(
    'POST',
    `${path}/docker/containers/${name}/exec`,
    command,
  );
  process.kill(agent.child.pid, 'SIGSTOP');
  t.teardown(() => process.kill(agent.child.pid, 'SIGCONT'));
  await alice.call('DELETE', `${path}/tunnel`);
  const start = JSON.stringify({ Detach: false, Tty: false });
  const req = https.request({
    ...{ host: 'localhost', port: dashboard.port, ca: dashboard.ca, agent: false, method: 'POST' },
    path: `${path}/docker/exec/${body.Id}/start`,
    headers: {
      authorization: `Bearer ${TOKENS.ALICE_TOKEN}`,
      'content-type': 'application/json',
      'content-length': start.length,
      connection: 'Upgrade',
      upgrade: 'tcp',
    },
  });
  const upgraded = new Promise<Duplex>((resolve, reject) => {
    req.once('upgrade', (_response, socket, head) => {
      socket.unshift(head);
      resolve(socket);
    });
    req.once('response', ({ statusCode }) => reject(new Error(`answered with ${statusCode}`)));
    req.once('error', reject);
  });
  req.end(start);
  // What cuts it is a timer: nothing else could be waited for.
  await Promise.race([upgraded, delay(COLD_MS)]);
  process.kill(agent.child.pid, 'SIGCONT');
  t.regex(await text(await upgraded), /awake\n$/);
  await docker(t, through, ['rm', '-f', name]);
}

async function dockerBytes(
  t: ExecutionContext,
  side: DockerSide,
  args: string[],
): Promise<{ stdout: Buffer }> {
  const parts: Buffer[] = [];
  const takeStdout = (stdout: Readable) => stdout.on('data', (part: Buffer) => parts.push(part));
  t.is((await startDocker(t, side, args, { takeStdout }).end()).code, 0);
  return { stdout: Buffer.concat(parts) };
}

async function holdsRolesApart(t: ExecutionContext, { bob }: Dashboard, id: number): Promise<void> {
  const path = `/edge/api/environments/${id}`;
  t.is((await bob.call('GET', path)).status, 200);
  t.is((await bob.call('GET', `${path}/docker/containers/json`)).status, 403);
  t.is((await bob.call('DELETE', path)).status, 403);
  t.is((await bob.call('GET', '/edge/api/settings')).status, 403);
}

async function takesWebhooks(t: ExecutionContext, { alice }: Dashboard): Promise<void> {
  const { body } = await alice.call<WebhookCreated>('POST', '/edge/api/webhooks', { name: 'provisioning' });
  const { status } = await sendWebhook(body, { name: 'made by webhook', externalId: 'one' });
  t.is(status, 201);
}

async function answersHttp2(t: ExecutionContext, { port, ca }: Dashboard): Promise<void> {
  const session = http2.connect(`https://localhost:${port}`, { ca });
  t.teardown(() => session.destroy());
  const headers = { ':path': '/edge/api/environments', authorization: `Bearer ${TOKENS.ALICE_TOKEN}` };
  const stream = session.request(headers);
  const [answer] = await once(stream, 'response');
  t.is(answer[':status'], 200);
  t.true(Array.isArray(JSON.parse(await text(stream)).items));
  session.close();
}
