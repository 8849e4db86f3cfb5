import test from 'ava';
import { startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { ask, dialHub, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';
import { exec, repeating, SWITCH } from './upgrade-script.js';

const CHUNKED = exec('', 'Transfer-Encoding: chunked\r\n').replace('Content-Length: 0\r\n', '');

test('docker upgrade: a chunked body is separated from the stream after it, in pieces of any size', async (t) => {
  const body = '4;a="b"\r\n{"De\r\n00C\r\ntach":false}\r\n0\r\nX-Trailer: a\r\n\r\n';
  for (const size of [1, 7, 1_000]) {
    const engine = await startEngine(t, (socket, seen) => {
      socket.on('data', () => {
        if (seen().endsWith('\r\n0\r\n\r\n')) socket.write(SWITCH);
      });
      socket.on('end', () => socket.end(`got ${seen().slice(seen().lastIndexOf('\r\n\r\n') + 4)}`));
    });
    const hub = await startHub(t, [engine]);
    const socket = await dialHub(t, hub);
    socket.setNoDelay(true);
    const bytes = `${CHUNKED}${body}all of stdin`;
    for (let at = 0; at < bytes.length; at += size) {
      await new Promise<void>((resolve) => socket.write(bytes.slice(at, at + size), () => resolve()));
    }
    socket.end();
    t.is((await readToEnd(socket)).text.split('\r\n\r\n')[1], 'got all of stdin');
    t.regex(engine.bytes(), /transfer-encoding: chunked\r\n/i);
    const [, framed = ''] = engine.bytes().split('\r\n\r\n');
    t.is(`${framed}\r\n`.replace(/[0-9a-f]+\r\n(.*?)\r\n/gi, '$1').slice(0, 16), '{"Detach":false}');
  }
});

test('docker upgrade: a chunked body that never ends is over when the engine switches', async (t) => {
  const engine = await startEngine(t, repeating);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(`${CHUNKED}2\r\n{}\r\n`);
  t.regex(await until(socket, '\r\n\r\n'), /^HTTP\/1\.1 101 /);
  socket.end('0\r\n\r\nstdin');
  t.true((await readToEnd(socket)).text.endsWith('0\r\n\r\nstdin'));
});

test('docker upgrade: a chunked body that never starts does not keep the engine from switching', async (t) => {
  const hub = await startHub(t, [
    await startEngine(
      t,
      answering('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI'),
    ),
  ]);
  const head = 'Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked';
  const { text } = await ask(t, hub, `POST /1/session HTTP/1.1\r\nHost: hub\r\n${head}\r\n\r\n`);
  t.true(text.endsWith('\r\n\r\nPRI'));
});

test('docker upgrade: a large body with an ignored Upgrade arrives complete', async (t) => {
  const body = 'x'.repeat(3_000_000);
  const engine = await startEngine(t, (socket, seen) => {
    socket.on('data', () => {
      if (seen().endsWith('the end')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
    });
  });
  const hub = await startHub(t, [engine]);
  const head = `POST /1/images/load HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${body.length + 7}\r\n\r\n`;
  const { text } = await ask(t, hub, `${head}${body}the end`);
  t.true(text.endsWith('\r\n\r\ngood'));
  t.true(engine.bytes().endsWith(`\r\n\r\n${body}the end`));
});

test('docker upgrade: a small body that follows its head goes to the engine in one piece with it', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', (first: Buffer) => socket.end(`${SWITCH}first: ${first.subarray(-2)}`));
  });
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.setNoDelay(true);
  const bytes = exec('{}');
  await new Promise<void>((resolve) => socket.write(bytes.slice(0, -2), () => resolve()));
  await new Promise<void>((resolve) => setImmediate(resolve));
  socket.end(bytes.slice(-2));
  t.true((await readToEnd(socket)).text.endsWith('\r\n\r\nfirst: {}'));
});
