import { createHash } from 'node:crypto';
import WebSocket from 'ws';
import { askTicket, makeExec, openConsole, refusedHandshake } from '../../kit/docker/console.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { type HubAndAgent, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const CONTAINER = `console-${process.pid}`;
const scope = fileScope();
let started: Promise<HubAndAgent> | undefined;
const sharedSetup = () => {
  started ??= (async () => {
    const engine = await sharedEngine();
    await engine.docker(['run', '-d', '--name', CONTAINER, BUSYBOX_IMAGE, 'sleep', '3600']);
    scope.teardown(async () => void (await engine.docker(['rm', '-f', CONTAINER], { allowFailure: true })));
    return startHubAndAgent(scope);
  })();
  return started;
};

serialLabTest('console: a shell answers, follows the window’s size, and reports its exit code', async (t) => {
  const { hub, created } = await sharedSetup();
  const shell = await openConsole(t, hub, created.id, CONTAINER, ['sh']);
  shell.type('echo "sum: $((40 + 2))"\n');
  await shell.untilOutput(/sum: 42/);
  for (let columns = 81; columns <= 132; columns++) shell.resize(columns, 43);
  shell.type('while [ "$(stty size)" != "43 132" ]; do sleep 0.1; done; echo resized\n');
  await shell.untilOutput(/\nresized/);
  shell.type('exit 7\n');
  t.deepEqual(await shell.closed, [{ type: 'open' }, { type: 'exit', code: 7 }]);
});

serialLabTest('console: a paste of 1 MB arrives whole', async (t) => {
  const { hub, created } = await sharedSetup();
  const paste = Buffer.from('Ünïcödé 0123456789 '.repeat(60_000)).subarray(0, 1_000_000);
  const command = `stty raw -echo; echo ready; head -c ${paste.length} | md5sum; stty sane`;
  const shell = await openConsole(t, hub, created.id, CONTAINER, ['sh', '-c', command]);
  await shell.untilOutput(/ready/);
  shell.type(paste);
  const digest = createHash('md5').update(paste).digest('hex');
  await shell.untilOutput(new RegExp(digest));
  t.deepEqual((await shell.closed).at(-1), { type: 'exit', code: 0 });
});

serialLabTest(
  'console: a tab that does not read slows only itself, and finally gets every line',
  async (t) => {
    const { hub, created } = await sharedSetup();
    const lines = 200_000;
    const command = `stty raw; yes "größe → ✓" | head -n ${lines}; echo; echo end`;
    const slow = await openConsole(t, hub, created.id, CONTAINER, ['sh', '-c', command]);
    slow.ws.pause();
    const quick = await openConsole(t, hub, created.id, CONTAINER, ['sh']);
    for (let round = 1; round <= 5; round++) {
      quick.type(`echo "round $((${round}))."\n`);
      await quick.untilOutput(new RegExp(`round ${round}\\.`), 5_000);
    }
    quick.ws.close();
    slow.ws.resume();
    await slow.closed;
    t.is(slow.output().match(/größe → ✓/g)?.length, lines);
    t.notRegex(slow.output(), /\ufffd/);
  },
);

serialLabTest('console: a ticket is valid once, for its console, and from a page of the hub', async (t) => {
  const { hub, created } = await sharedSetup();
  const execId = await makeExec(hub, created.id, CONTAINER, ['true']);
  const { url, expiresAt } = await askTicket(hub, created.id, execId);
  t.true(Date.parse(expiresAt) <= Date.now() + 30_000);
  const foreign = { origin: 'https://evil.example' };
  t.deepEqual(await refusedHandshake(hub.origin, url, foreign), { status: 403, code: 'origin-foreign' });
  const other = url.replace(execId, 'f'.repeat(64));
  t.deepEqual(await refusedHandshake(hub.origin, other), { status: 401, code: 'ticket-invalid' });
  t.deepEqual(
    await refusedHandshake(hub.origin, url),
    { status: 401, code: 'ticket-invalid' },
    'it is spent',
  );
  const without = url.replace(/ticket=.*/, `ticket=${'A'.repeat(43)}`);
  t.deepEqual(await refusedHandshake(hub.origin, without), { status: 401, code: 'ticket-invalid' });
});

serialLabTest(
  'console: a page that leaves ends its call; a tunnel that is closed ends the console',
  async (t) => {
    const { hub, created } = await sharedSetup();
    const left = await openConsole(t, hub, created.id, CONTAINER, ['sh']);
    const stays = await openConsole(t, hub, created.id, CONTAINER, ['sh']);
    await untilTunnel(hub, created.id, ({ calls }) => calls === 2);
    left.ws.terminate();
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);
    await hub.call('DELETE', `/edge/api/environments/${created.id}/tunnel`);
    t.like((await stays.closed).at(-1), { type: 'error', code: 'tunnel-closed' });
  },
);

serialLabTest('console: a console that cannot be opened says why', async (t) => {
  const { hub, created } = await sharedSetup();
  const plain = await makeExec(hub, created.id, CONTAINER, ['true'], { tty: false });
  const spent = await makeExec(hub, created.id, CONTAINER, ['true']);
  /** The first text frame that is none of `open`. */
  const open = async (execId: string) => {
    const { url } = await askTicket(hub, created.id, execId);
    const ws = new WebSocket(hub.origin.replace('https:', 'wss:') + url, { rejectUnauthorized: false });
    t.teardown(() => ws.terminate());
    return new Promise<object>((resolve) =>
      ws.on('message', (data, isBinary) => {
        const said = isBinary ? { type: 'open' } : JSON.parse(String(data));
        if (said.type !== 'open') resolve(said);
      }),
    );
  };
  t.like(await open(spent), { type: 'exit', code: 0 });
  for (const [execId, code] of [
    [plain, 'exec-not-startable'],
    [spent, 'exec-not-startable'],
    ['0'.repeat(64), 'exec-not-found'],
  ] as const) {
    t.like(await open(execId), { type: 'error', code });
  }
});
