import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type { KeyRotated, WebhookCreated } from '../../../plugin/api.js';
import { startAgent } from '../../kit/agent/agent.js';
import { untilEngineIsLeft } from '../../kit/docker/open-connections.js';
import { STEP_MS, startDocker, within } from '../../kit/docker/session.js';
import type { DockerSide } from '../../kit/docker/setup.js';
import { tarHead } from '../../kit/docker/tar-head.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BASE_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { sendWebhook } from '../../kit/hub/webhook-sender.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let shared: Promise<Hub> | undefined;
const sharedHub = () => {
  shared ??= startHub(scope);
  return shared;
};

/** Promised is under a second; a busy machine, and the start of a docker client's error message, get five times that. */
const DEADLINE_MS = 5_000;
const OVERLAP_SECONDS = 5;
/** The head of a file that is larger than what is sent of it, and enough to fill every buffer on the way. */
const ENDLESS_TAR = Buffer.concat([tarHead('part', 2 ** 30), Buffer.alloc(6 * 2 ** 20)]);

/** An environment with an agent, and a docker client whose token is valid for this environment only. */
async function setup(
  t: ExecutionContext,
  make: (hub: Hub) => Promise<{ id: number; edgeId: string | null; edgeKey: string }>,
) {
  const [engine, hub] = [await sharedEngine(), await sharedHub()];
  const { id, edgeId, edgeKey } = await make(hub);
  const agentOptions = { edgeId: edgeId ?? '', engine: engine.socketPath };
  const agent = await startAgent(t, { ...agentOptions, edgeKey });
  await hub.until(id, ({ status }) => status === 'online');
  const args = await hub.dockerArgs(id);
  const { body } = await hub.call<{ token: string }>('POST', '/api/tokens', {
    name: 'e2e',
    environmentId: id,
  });
  const config = { HttpHeaders: { Authorization: `Bearer ${body.token}` } };
  await writeFile(join(args[args.indexOf('--config') + 1] ?? '', 'config.json'), JSON.stringify(config));
  const { PATH, HOME } = process.env;
  const side: DockerSide = { kind: 'hub', program: 'docker', args, env: { PATH, HOME, TERM: 'xterm' } };
  const name = `revocation-${id}-${process.pid}`;
  await engine.docker([
    'run',
    '-d',
    '--name',
    name,
    BASE_IMAGE,
    'sh',
    '-c',
    'while :; do echo tick; sleep 0.1; done',
  ]);
  t.teardown(async () => {
    await engine.docker(['rm', '-f', name]);
  });
  const restart = (key: string) => startAgent(t, { ...agentOptions, edgeKey: key, dataDir: agent.dataDir });
  return { hub, id, agent, side, name, restart };
}

/** Everything that streams, each in full flow; the function returned resolves to their exit codes once all have ended. */
async function openStreams(t: ExecutionContext, side: DockerSide, name: string) {
  const logs = startDocker(t, side, ['logs', '-f', name]);
  const cat = startDocker(t, side, ['exec', '-i', name, 'sh', '-c', 'echo ready; exec cat']);
  const events = startDocker(t, side, ['events', '--since', '1h', '--filter', `container=${name}`]);
  const upload = startDocker(t, side, ['load']);
  const shell = startTerminal(t, side, ['exec', '-it', name, 'sh']);
  // Left in the pipe, so that there is always more to read. (`cp` would lock the container for the others.)
  let flows: Promise<unknown> | undefined;
  let unread: Readable | undefined;
  const download = startDocker(t, side, ['save', BASE_IMAGE], {
    takeStdout: (stdout) => {
      unread = stdout;
      flows = once(stdout, 'readable');
    },
  });
  await Promise.all([
    logs.untilOutput(/tick/),
    cat.untilOutput(/ready/),
    events.untilOutput(/start/),
    inTime('load', new Promise((resolve) => upload.stdin.write(ENDLESS_TAR, resolve))),
    shell.untilOutput(/[#$] /),
    inTime('save', flows),
  ]);
  const sessions = {
    'logs -f': logs,
    'exec -i': cat,
    events,
    load: upload,
    save: download,
    'exec -it': shell,
  };
  let isAnyOver = false;
  const ends = Object.entries(sessions).map(async ([title, session]) => {
    const { code } = await session.end(60_000);
    isAnyOver = true;
    // A client that waits for its own reader notices nothing else.
    unread?.resume();
    return [title, code] as const;
  });
  return { isAnyOver: () => isAnyOver, ended: async () => Object.fromEntries(await Promise.all(ends)) };
}

/** Rejects if it takes longer than one step may. */
function inTime(what: string, done: Promise<unknown> | undefined): Promise<unknown> {
  return within(
    STEP_MS,
    null,
    () => what,
    (found) => void done?.then(found),
  );
}

const byAdmin = (title: string) => (hub: Hub) => hub.createEnvironment({ name: title });

/** Makes the environment by a webhook's message. */
async function byWebhook(hub: Hub) {
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/edge/api/webhooks', { name: 'e2e' });
  const { body } = await sendWebhook(hook, { name: 'made by a webhook' });
  return { ...body, edgeKey: body.edgeKey ?? '' };
}

const path = (id: number, rest = '') => `/edge/api/environments/${id}${rest}`;

const REVOCATIONS = {
  'DELETE association': {
    revoke: (hub: Hub, id: number) => hub.call('DELETE', path(id, '/association')),
    make: byAdmin('disassociated'),
    after: /No agent has enrolled/,
  },
  'DELETE environment, which a webhook made': {
    revoke: (hub: Hub, id: number) => hub.call('DELETE', path(id)),
    make: byWebhook,
    after: /no such environment/,
  },
  'rotate-key without overlap': {
    revoke: (hub: Hub, id: number) => hub.call('POST', path(id, '/rotate-key'), { overlapSeconds: 0 }),
    make: byAdmin('rotated'),
    after: /No agent has enrolled/,
  },
};

for (const [title, { revoke, make, after }] of Object.entries(REVOCATIONS)) {
  serialLabTest(
    `revocation: ${title} ends whatever streams within a second, and never as a success`,
    async (t) => {
      const { hub, id, agent, side, name } = await setup(t, make);
      const streams = await openStreams(t, side, name);
      const startedMs = performance.now();
      t.true((await revoke(hub, id)).status < 300);
      const codes = await streams.ended();
      const tookMs = performance.now() - startedMs;
      t.log(`all streams ended after ${Math.round(tookMs)} ms`, codes);
      t.true(tookMs < DEADLINE_MS, `${tookMs}`);
      for (const [stream, code] of Object.entries(codes)) t.not(code, 0, stream);
      await t.notThrowsAsync(untilEngineIsLeft(agent.child.pid));
      await agent.child.untilLine(/"code":"(agent-unauthorized|association-removed)"/);
      const call = await startDocker(t, side, ['ps']).end();
      t.is(call.code, 1);
      t.regex(call.stderr, after);
    },
  );
}

serialLabTest(
  'revocation: an overlap ends nothing until it is over, then everything with the old key; the new one works',
  async (t) => {
    const { hub, id, agent, side, name, restart } = await setup(t, byAdmin('overlap'));
    const streams = await openStreams(t, side, name);
    const { body } = await hub.call<KeyRotated>('POST', path(id, '/rotate-key'), {
      overlapSeconds: OVERLAP_SECONDS,
    });
    const endsMs = Date.parse(body.oldKeyEndsAt ?? '');
    t.false(streams.isAnyOver());
    const codes = await streams.ended();
    const lateMs = Date.now() - endsMs;
    t.log(`all streams ended ${lateMs} ms after the overlap`, codes);
    t.true(lateMs > 0 && lateMs < DEADLINE_MS, `${lateMs}`);
    for (const [stream, code] of Object.entries(codes)) t.not(code, 0, stream);
    await agent.child.untilLine(/"code":"agent-unauthorized"/);
    await agent.child.kill();
    await restart(body.edgeKey);
    await hub.until(id, ({ status }) => status === 'online');
    const call = await startDocker(t, side, ['ps', '--format', '{{.Names}}']).end();
    t.is(call.code, 0);
    t.true(call.stdout.includes(name));
  },
);
