import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type ByteEngine, bytesOf, hashOf, startByteEngine } from '../../../../kit/engine/byte-engine.js';
import { residentMiB, startAgentEndpoint, startHubEndpoint } from '../../../../kit/tunnel/endpoints.js';

const READERS = 200;
const MIB = 1024 * 1024;
/** More than the windows and sockets in between can buffer. */
const EACH = 3 * MIB;
/** Streams that carry the same bytes are far apart. */
const SEEDS = 8;
/** What a reader that does not read may cost: its stream's window, and what waits between window and socket. */
const MOST_EACH_MIB = 2;
const OTHER = 16 * MIB;
/** Time limit for another transfer during them on a busy machine, ms: a stalled one never ends. */
const MAX_CONCURRENT_MS = 20_000;

test.serial(
  'tunnel: 200 readers that do not read stall only themselves, and get every byte later',
  async (t) => {
    t.timeout(240_000);
    const { engine, hub, agent, path } = await line(t);
    const alone = await timed(() => download(path, 'other', OTHER));
    const before = await residentMiB(hub.pid);

    const responses = await Promise.all(
      Array.from({ length: READERS }, async (_, i) => {
        const request = http.get({
          socketPath: path,
          path: `/bytes?count=${EACH}&seed=${i % SEEDS}`,
          agent: false,
        });
        const [response] = (await once(request, 'response')) as [http.IncomingMessage];
        return response;
      }),
    );
    await untilStill(engine.sent);
    const stalled = await residentMiB(hub.pid);
    const concurrent = await timed(() => download(path, 'other', OTHER));
    t.log(
      `hub: ${before.toFixed(0)} MiB, with ${READERS} stalled ${stalled.toFixed(0)} MiB; `,
      `agent ${(await residentMiB(agent.pid)).toFixed(0)} MiB; 16 MiB alone ${alone.toFixed(0)} ms, with them ${concurrent.toFixed(0)} ms`,
    );
    t.true(engine.sent() - OTHER * 2 < READERS * EACH, 'the engine is held back');
    t.true(stalled - before < READERS * MOST_EACH_MIB, `${stalled - before} MiB for ${READERS} readers`);
    t.true(
      concurrent < 10 * alone + MAX_CONCURRENT_MS,
      `${alone} ms alone, ${concurrent} ms with stalled ones`,
    );

    const hashes = await Promise.all(responses.map(hashBody));
    t.deepEqual(hashes, wantedHashes());
    t.deepEqual(hub.ends, []);
  },
);

test.serial(
  'tunnel: 200 uploads that the engine does not read stall only themselves, and arrive whole later',
  async (t) => {
    t.timeout(240_000);
    const { engine, hub, agent, path } = await line(t);
    const alone = await timed(() => upload(path, '/hash', 'other', OTHER));
    const before = await residentMiB(agent.pid);
    const taken = { bytes: 0 };
    const uploads = Array.from({ length: READERS }, (_, i) =>
      upload(path, '/stalled', String(i % SEEDS), EACH, taken),
    );
    const hashes = Promise.all(uploads);
    hashes.catch(() => undefined);
    await untilStill(() => taken.bytes);
    t.true(taken.bytes < READERS * EACH, 'the clients are held back');
    const stalled = await residentMiB(agent.pid);
    const concurrent = await timed(() => upload(path, '/hash', 'other', OTHER));
    t.log(
      `agent: ${before.toFixed(0)} MiB, with ${READERS} stalled ${stalled.toFixed(0)} MiB; `,
      `hub ${(await residentMiB(hub.pid)).toFixed(0)} MiB; 16 MiB alone ${alone.toFixed(0)} ms, with them ${concurrent.toFixed(0)} ms`,
    );
    t.true(stalled - before < READERS * MOST_EACH_MIB, `${stalled - before} MiB for ${READERS} uploads`);
    t.true(
      concurrent < 10 * alone + MAX_CONCURRENT_MS,
      `${alone} ms alone, ${concurrent} ms with stalled ones`,
    );

    engine.release();
    t.deepEqual(await hashes, wantedHashes());
    t.deepEqual(hub.ends, []);
  },
);

function wantedHashes(): string[] {
  const hashes = Array.from({ length: SEEDS }, (_, seed) => hashOf(String(seed), EACH));
  return Array.from({ length: READERS }, (_, i) => hashes[i % SEEDS] ?? '');
}

async function line(t: ExecutionContext) {
  const engine: ByteEngine = await startByteEngine(t);
  const hub = await startHubEndpoint(t);
  const agent = await startAgentEndpoint(t, { ...hub, socketPath: engine.socketPath });
  return { engine, hub, agent, path: await hub.untilTunnel(1) };
}

async function download(socketPath: string, seed: string, count: number): Promise<void> {
  const request = http.get({ socketPath, path: `/bytes?count=${count}&seed=${seed}`, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const hash = await hashBody(response);
  if (hash !== hashOf(seed, count)) throw new Error('bytes are missing or wrong');
}

async function hashBody(response: http.IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of response) hash.update(chunk);
  return hash.digest('hex');
}

async function upload(
  socketPath: string,
  path: string,
  seed: string,
  count: number,
  taken = { bytes: 0 },
): Promise<string> {
  const headers = { 'content-length': count };
  const request = http.request({ socketPath, path, method: 'POST', agent: false, headers });
  const answered = once(request, 'response');
  for (let from = 0; from < count; from += 64 * 1024) {
    const bytes = bytesOf(seed, from, Math.min(count, from + 64 * 1024));
    taken.bytes += bytes.length;
    if (!request.write(bytes)) await once(request, 'drain');
  }
  request.end();
  const [response] = (await answered) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** Resolves when a counter has not moved for two seconds: everything that can wait, waits. */
async function untilStill(counter: () => number): Promise<void> {
  let last = 0;
  for (let still = 0; still < 8; await delay(250)) {
    still = counter() > 0 && counter() === last ? still + 1 : 0;
    last = counter();
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
