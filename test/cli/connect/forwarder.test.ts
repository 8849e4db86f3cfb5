import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { Forwarder, type ForwarderDeps } from '../../../cli/connect/forwarder.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** A server in the Docker port's place, and a forwarder to it. */
async function start(
  t: ExecutionContext,
  serve: (socket: net.Socket) => void,
  changes: Partial<ForwarderDeps> = {},
) {
  const server = net.createServer({ allowHalfOpen: true }, serve);
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const reports: boolean[] = [];
  const forwarder = new Forwarder({
    dial: async (signal) => {
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      await once(socket, 'connect', { signal });
      return socket;
    },
    clock: systemClock,
    random: () => 0.1,
    onReachable: (error) => reports.push(error === undefined),
    ...changes,
  });
  const path = join(await tempFolder(t), 'engine.sock');
  t.is(await forwarder.start({ path }), `unix://${path}`);
  t.teardown(async () => {
    await forwarder.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port, path, forwarder, reports, sockets };
}

test('forwarder: passes bytes both ways, and each end on its own', async (t) => {
  const { path } = await start(t, (socket) => {
    // Answers after the client's end only.
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.once('end', () => socket.end(`got ${bytes}`));
  });
  const client = net.connect({ path, allowHalfOpen: true });
  client.end(Buffer.alloc(1_000_000));
  t.is(await text(client), 'got 1000000');
});

test('forwarder: the socket is for its owner only, and is removed at the end', async (t) => {
  const { path, forwarder } = await start(t, (socket) => socket.resume());
  t.is(statSync(path).mode & 0o777, 0o600);
  const client = net.connect({ path });
  await once(client, 'connect');
  await forwarder.stop();
  await once(client.resume(), 'close');
  t.false(existsSync(path));
});

test('forwarder: a connection that breaks is not an end', async (t) => {
  const { path } = await start(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    socket.once('data', () => socket.resetAndDestroy());
  });
  const error = await new Promise<Error>((resolve, reject) => {
    const req = http.get({ socketPath: path, path: '/x' }, (res) => {
      res.on('error', resolve);
      res.on('end', () => reject(new Error('a regular end')));
      res.resume();
    });
    req.on('error', resolve);
  });
  t.regex(error.message, /aborted|hang up|ECONNRESET/);
});

test('forwarder: while the hub is away, a client gets Docker’s message; later it works again', async (t) => {
  let isAway = true;
  let port = 0;
  const setup = await start(
    t,
    (socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK'),
      );
    },
    {
      dial: async (signal) => {
        if (isAway) throw new Error('connection refused');
        const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        await once(socket, 'connect', { signal });
        return socket;
      },
      dialMs: 300,
    },
  );
  port = setup.port;
  const get = () =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const req = http.get({ socketPath: setup.path, path: '/_ping', agent: false }, async (res) =>
        resolve({ status: res.statusCode, body: await text(res) }),
      );
      req.on('error', reject);
    });
  const { status, body } = await get();
  t.is(status, 503);
  t.is(JSON.parse(body).message, 'fairlead: the hub cannot be reached: connection refused');
  t.deepEqual(setup.reports, [false]);
  isAway = false;
  t.is((await get()).body, 'OK');
  t.deepEqual(setup.reports, [false, true]);
});
