import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { left, startEngine } from '../../../../kit/engine/double.js';
import { dialHub, dialTcp, until } from './proxy-clients.js';
import { type Hub, startHub } from './proxy-hub.js';

const EXEC =
  'POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

/** A silent process. */
const silent: Parameters<typeof startEngine>[1] = (socket) => {
  socket.once('data', () => socket.write(SWITCH));
};

test('docker upgrade: a client that is killed ends the engine side', async (t) => {
  const engine = await startEngine(t, silent);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(EXEC);
  await until(socket, '\r\n\r\n');
  const [engineSide] = engine.sockets;
  // Its FIN ends stdin; the first output has no reader.
  socket.destroy();
  await left(engineSide);
  const broken = new Promise<void>((resolve) => engineSide?.once('close', () => resolve()));
  const timer = setInterval(() => engineSide?.write('output'), 10);
  t.teardown(() => clearInterval(timer));
  await broken;
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

/** Lets time pass until the first call has left the proxy. */
async function untilReleased(hub: Hub): Promise<void> {
  while (hub.tunnels.opened[0]?.released !== 1) {
    await setImmediate();
    hub.clock.advance(30_000);
  }
  await hub.idle();
}

for (const [over, plain] of [
  ['TLS', false],
  ['plain HTTP', true],
] as const) {
  test(`docker upgrade: a half-closed client that disconnects is noticed while the process is silent, over ${over}`, async (t) => {
    const engine = await startEngine(t, silent);
    const hub = await startHub(t, [engine], { plain });
    const raw = dialTcp(t, hub);
    const socket = plain ? raw : await dialHub(t, hub, raw);
    socket.write(EXEC);
    await until(socket, '\r\n\r\n');
    const [engineSide] = engine.sockets;
    socket.end();
    await left(engineSide);
    raw.resetAndDestroy();
    await untilReleased(hub);
    t.is(hub.tunnels.opened.length, 1);
    t.is(hub.clock.pending, 0);
  });
}

test('docker upgrade: a half-closed client that waits for a silent process keeps its call', async (t) => {
  const engine = await startEngine(t, silent);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(EXEC);
  await until(socket, '\r\n\r\n');
  const [engineSide] = engine.sockets;
  socket.end();
  await left(engineSide);
  for (let hours = 0; hours < 24; hours++) {
    hub.clock.advance(3_600_000);
    await setImmediate();
  }
  t.is(hub.tunnels.opened[0]?.released, 0);
  const output = until(socket, 'at last');
  engineSide?.end('at last');
  t.is(await output, 'at last');
  await hub.idle();
  t.is(hub.clock.pending, 0);
});
