import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecutionContext } from 'ava';
import { docker } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { portSide } from '../../kit/docker/port-side.js';
import { startDocker } from '../../kit/docker/session.js';
import { type DockerSide, joinEngine } from '../../kit/docker/setup.js';
import { tarHead } from '../../kit/docker/tar-head.js';
import { BASE_IMAGE, labTest, startEngine } from '../../kit/engine/lab.js';
import { watchMemory } from './memory-watch.js';

const MIB = 2 ** 20;
const LAYER_MIB = 1_100;
const IMAGE = `fairlead-lab/large-${process.pid}:1`;
const PATIENCE_MS = 240_000;

labTest('docker save | load: an image over 1 GB from one engine to another, with flat memory', async (t) => {
  t.timeout(2 * PATIENCE_MS);
  const setup = await startPortSetup(t);
  const second = await startEngine(t);
  const other = await joinEngine(t, setup.hub, second.socketPath);
  const { side: toPort } = await portSide(t, setup.hub, other.environmentId);
  const ways = [
    { from: setup.through, to: other.through },
    { from: setup.byPort, to: toPort },
  ];
  const pids = [setup.hub.child.pid, setup.agent.child.pid, other.agent.child.pid];

  // A one-time cost of code and buffers; a tenth of the size, so growth with the size would show.
  const warm = watchMemory(pids);
  for (const { from, to } of ways) await carry(t, from, to, BASE_IMAGE);
  const before = await warm.stop();

  t.teardown(async () => {
    await setup.engine.docker(['image', 'rm', '-f', IMAGE], { allowFailure: true });
  });
  const building = startDocker(t, setup.local, ['import', '-', IMAGE]);
  await pipeline(largeLayer(), building.stdin);
  t.is((await building.end(PATIENCE_MS)).code, 0);

  const facts = ['image', 'inspect', '-f', '{{.Id}} {{.Size}} {{.RootFS.Layers}}', IMAGE];
  const expected = await docker(t, setup.local, facts);
  t.true(Number(expected.split(' ')[1]) > 1e9, expected);
  t.log(`peak of hub and agents while 106 MB passed: ${before.join(', ')} MiB`);
  for (const { from, to } of ways) {
    const watch = watchMemory(pids);
    const startedAtMs = performance.now();
    await carry(t, from, to, IMAGE);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const peaks = await watch.stop();
    t.log(`${from.kind}: ${LAYER_MIB} MiB in ${seconds.toFixed(1)} s; peak ${peaks.join(', ')} MiB`);
    // The engine has checked the content against the digests when it made the image.
    t.is((await second.docker(facts)).stdout, expected, from.kind);
    for (const [index, peak] of peaks.entries()) {
      t.true(peak < 350, `${from.kind}: ${peak} MiB`);
      t.true(peak - (before[index] ?? 0) < 60, `${from.kind}: ${before[index]} → ${peak} MiB`);
    }
    await second.docker(['image', 'rm', IMAGE]);
  }
});

/** `docker save IMAGE | docker load`, each through the hub. */
async function carry(t: ExecutionContext, from: DockerSide, to: DockerSide, image: string): Promise<void> {
  const load = startDocker(t, to, ['load']);
  let piped: Promise<void> | undefined;
  const save = startDocker(t, from, ['save', image], {
    takeStdout: (stdout) => {
      piped = pipeline(stdout, load.stdin);
    },
  });
  const [saved, loaded] = await Promise.all([save.end(PATIENCE_MS), load.end(PATIENCE_MS), piped]);
  t.is(saved.code, 0, saved.stderr);
  t.is(loaded.code, 0, loaded.stderr);
  t.is(loaded.stdout, `Loaded image: ${image}\n`);
}

/** A tar archive with one file that does not compress, made as it is read. */
function largeLayer(): Readable {
  const block = randomBytes(MIB);
  return Readable.from(
    (function* () {
      yield tarHead('large', LAYER_MIB * MIB);
      for (let index = 0; index < LAYER_MIB; index += 1) {
        block.writeUInt32BE(index);
        yield Buffer.from(block);
      }
      yield Buffer.alloc(1024);
    })(),
  );
}
