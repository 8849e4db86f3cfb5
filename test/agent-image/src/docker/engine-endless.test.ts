import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { Engine } from '../../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../../agent-image/src/docker/snapshot/take.js';
import { snapshotSchema } from '../../../../protocol/messages/snapshot.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { tempFolder } from '../../../kit/temp-folder.js';

const MIB = 1024 * 1024;

/** An engine whose answers have no end: `chunk` again and again. `sent` counts bytes, `open` connections. */
async function startEndless(t: ExecutionContext, first: string, chunk: string, headers = {}) {
  const path = join(await tempFolder(t), 'docker.sock');
  const state = { sent: 0, open: 0 };
  const bytes = Buffer.from(chunk);
  const server = http.createServer((_req, res) => {
    state.open++;
    res.writeHead(200, { 'content-type': 'application/json', ...headers });
    res.write(first);
    const pump = () => {
      while (!res.destroyed) {
        state.sent += bytes.length;
        if (!res.write(bytes)) {
          res.once('drain', pump);
          return;
        }
      }
    };
    res.once('close', () => {
      state.open--;
      server.emit('left');
    });
    pump();
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const left = async () => {
    while (state.open > 0) await once(server, 'left');
  };
  return { engine: new Engine({ kind: 'unix', path }, systemClock), state, left };
}

test('endless engine: an endless answer is cut, with its connection', async (t) => {
  t.timeout(120_000);
  const { engine, state, left } = await startEndless(t, '[', `"${'x'.repeat(64 * 1024)}",`);
  t.is(await engine.info(), null);
  await left();
  // What was sent but not read fills the kernel's buffers.
  t.true(state.sent < 96 * MIB, `${Math.round(state.sent / MIB)} MiB`);
  t.log(`given up after ${Math.round(state.sent / MIB)} MiB`);
});

test('endless engine: its snapshot is empty and names the reason', async (t) => {
  t.timeout(180_000);
  const { engine, left } = await startEndless(t, '', ' '.repeat(64 * 1024));
  const snapshot = await takeSnapshot(engine, new FakeClock(0), { deadlineMs: 1_000 });
  t.true(snapshotSchema.safeParse(snapshot).success);
  t.like(snapshot, { engine: null, containers: [] });
  t.deepEqual(new Set(snapshot.errors.map(({ part }) => part)).size, 6);
  await left();
});

test('endless engine: compressed bytes are not expanded', async (t) => {
  t.timeout(120_000);
  const path = join(await tempFolder(t), 'docker.sock');
  const bomb = gzipSync(Buffer.alloc(256 * MIB, '['));
  const server = http.createServer((_req, res) =>
    res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
  );
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const before = process.memoryUsage().rss;
  const snapshot = await takeSnapshot(new Engine({ kind: 'unix', path }, systemClock), new FakeClock(0), {
    deadlineMs: 5_000,
  });
  t.is(snapshot.engine, null);
  t.true(process.memoryUsage().rss - before < 128 * MIB);
});
