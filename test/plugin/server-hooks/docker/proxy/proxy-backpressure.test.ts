import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { startEngine } from '../../../../kit/engine/double.js';
import { untilTrue } from '../../../../kit/until.js';
import { connectHttp2, dialHub } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const MIB = 1024 * 1024;
const TOTAL = 64 * MIB;
/** What one stalled stream may hold in the hub, sockets and windows included; far less than the whole. */
const BOUND = 24 * MIB;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes in buffers that are still in use. */
function held(): number {
  collect();
  const { arrayBuffers, external } = process.memoryUsage();
  return arrayBuffers + external;
}

/** Gives the kernel's and Node's buffers every chance to fill up: until a size stays the same for a while. */
async function steady(size: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 100; ) {
    await setImmediate();
    same = size() === last ? same + 1 : 0;
    last = size();
  }
  return last;
}

for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
  test.serial(
    `docker proxy: a slow engine stalls an upload by ${version}, and memory stays flat`,
    async (t) => {
      let got = 0;
      const engine = await startEngine(
        t,
        (socket) => {
          socket.on('data', (chunk: Buffer) => {
            got += chunk.length;
            if (chunk.includes('the end')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
          });
          // `data` listeners start the flow: this engine reads nothing until it is resumed.
          socket.pause();
        },
        'forget',
      );
      const hub = await startHub(t, [engine]);
      const client =
        version === 'HTTP/2'
          ? connectHttp2(t, hub).request({ ':method': 'POST', ':path': '/1/images/load' })
          : await dialHub(t, hub);
      if (version === 'HTTP/1.1') {
        client.write(`POST /1/images/load HTTP/1.1\r\nHost: hub\r\nContent-Length: ${TOTAL}\r\n\r\n`);
      }
      const before = held();
      const chunk = Buffer.alloc(MIB);
      let sent = 0;
      const finished = (async () => {
        while (sent < TOTAL - MIB) {
          sent += MIB;
          if (!client.write(chunk)) await once(client, 'drain');
        }
        const last = Buffer.alloc(MIB);
        last.write('the end', MIB - 7);
        sent += MIB;
        if (version === 'HTTP/2') client.end(last);
        else client.write(last);
      })();
      await untilTrue('a connection to the engine', () => engine.sockets.size !== 0, { everyMs: 1 });
      await steady(() => sent);
      t.true(sent < BOUND, `${sent} bytes were sent to an engine that reads none`);
      t.true(held() - before < BOUND);
      client.resume();
      for (const engineSide of engine.sockets) engineSide.resume();
      await finished;
      await hub.idle();
      t.true(got >= TOTAL, `${got}`);
    },
  );

  test.serial(
    `docker proxy: a slow client of ${version} stalls the engine, and memory stays flat`,
    async (t) => {
      let sent = 0;
      const chunk = Buffer.alloc(MIB);
      const engine = await startEngine(t, (socket) => {
        socket.once('data', async () => {
          socket.write(
            `HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nContent-Length: ${TOTAL}\r\n\r\n`,
          );
          while (sent < TOTAL) {
            sent += MIB;
            if (!socket.write(chunk)) await once(socket, 'drain').catch(() => undefined);
          }
          socket.end();
        });
      });
      const hub = await startHub(t, [engine]);
      const before = held();
      const client =
        version === 'HTTP/2'
          ? connectHttp2(t, hub).request({ ':path': '/1/images/x/get' })
          : await dialHub(t, hub);
      client.pause();
      if (version === 'HTTP/1.1') {
        client.write('GET /1/images/x/get HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n');
      }
      await untilTrue('the first sent byte', () => sent !== 0, { everyMs: 1 });
      await steady(() => sent);
      t.true(sent < BOUND, `${sent} bytes came from an engine whose client reads none`);
      t.true(held() - before < BOUND);
      let got = 0;
      client.on('data', (part: Buffer) => {
        got += part.length;
      });
      client.resume();
      await once(client, 'end');
      t.true(got >= TOTAL);
      await hub.idle();
    },
  );
}
