import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import WebSocket, { WebSocketServer } from 'ws';
import { serveConsole } from '../../../../../plugin/server-hooks/docker/console/console.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { defer } from '../../../../kit/deferred.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';

const [CONTAINER, SCRIPT] = ['c'.repeat(64), 'd'.repeat(64)];
const EXEC = { ContainerID: CONTAINER, Running: false, ExitCode: null, ProcessConfig: { tty: true } };

/** A console whose terminal echoes its input. */
async function openEcho(t: ExecutionContext, { marker }: { marker?: string } = {}) {
  const sizes: string[] = [];
  const clock = new FakeClock();
  const [released, hangingUp] = [defer(), defer()];
  const engine = http.createServer((req, res) => {
    if (req.url?.includes('/resize')) sizes.push(req.url);
    res.end(JSON.stringify(req.url === `/containers/${CONTAINER}/exec` ? { Id: SCRIPT } : EXEC));
  });
  engine.on('upgrade', (req, socket) => {
    if (req.url?.includes(SCRIPT)) {
      hangingUp.resolve();
      return;
    }
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  engine.listen(0, '127.0.0.1');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await Promise.all([once(engine, 'listening'), once(server, 'listening')]);
  t.teardown(() => {
    server.close();
    engine.closeAllConnections();
    engine.close();
  });
  const { port } = engine.address() as AddressInfo;
  const call = {
    agent: new http.Agent({ host: '127.0.0.1', port } as http.AgentOptions),
    dial: async () => net.connect(port, '127.0.0.1'),
    servesSwarm: async () => true,
    closed: new AbortController().signal,
    release: () => released.resolve(),
  };
  server.on('connection', (ws) => {
    const options = {
      tunnels: { open: async () => call },
      clock,
      logger: new LogRecorder(),
    };
    void serveConsole(
      ws,
      { environmentId: 1, execId: 'a', principalId: 'admin', ...(marker && { marker }) },
      options,
    );
  });
  const page = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => page.terminate());
  await once(page, 'message');
  return { page, sizes, engine, clock, released: released.promise, hangingUp: hangingUp.promise };
}

test('console: a text frame longer than any valid one is not parsed', async (t) => {
  const { page, sizes, engine } = await openEcho(t);
  const resize = (columns: number) => JSON.stringify({ type: 'resize', columns, rows: 1 });
  page.send(resize(1) + ' '.repeat(1024));
  page.send(Buffer.from('after it'));
  await once(page, 'message');
  t.deepEqual(sizes, []);
  page.send(resize(2));
  await once(engine, 'request');
  t.deepEqual(sizes, ['/exec/a/resize?h=1&w=2']);
});

test('console: a page that pauses gets the terminal’s bytes when it resumes', async (t) => {
  const { page, engine } = await openEcho(t);
  let output = '';
  page.on('message', (data) => {
    output += String(data);
  });
  page.send(JSON.stringify({ type: 'pause' }));
  page.send(Buffer.from('typed'));
  // Its request follows the typed input.
  page.send(JSON.stringify({ type: 'resize', columns: 1, rows: 1 }));
  await once(engine, 'request');
  page.ping();
  await once(page, 'pong');
  t.is(output, '');
  page.send(JSON.stringify({ type: 'resume' }));
  await once(page, 'message');
  t.is(output, 'typed');
});

test('console: an engine that never starts the hang-up keeps the tunnel for 10 s at most', async (t) => {
  const { page, clock, released, hangingUp } = await openEcho(t, { marker: 'm'.repeat(16) });
  await hangingUp;
  page.terminate();
  clock.advance(10_000);
  await released;
  t.pass();
});
