import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Agent } from '../../agent-image/src/agent.js';
import { readConfig } from '../../agent-image/src/config.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { startPlugin } from '../helpers/plugin.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { type Answer, infoWith, startFakeEngine } from './docker/fake-engine.js';

const WATCH_MS = 5_000;

/** A whole agent at a hub, both by one clock, with an engine that answers as told. */
async function setup(t: ExecutionContext) {
  const answers: Record<string, Answer> = { '/info': infoWith({}) };
  const engine = await startFakeEngine(t, answers);
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  await hub.call('PATCH', '/api/settings', { snapshotSeconds: 0 });
  const { id, edgeId, edgeKey } = await hub.create({ name: 'one' });
  const { address } = engine;
  const config = readConfig({
    EDGE_ID: edgeId ?? '',
    EDGE_KEY: edgeKey,
    DATA_DIR: await tempFolder(t),
    DOCKER_HOST: address.kind === 'unix' ? address.path : `tcp://${address.host}:${address.port}`,
  });
  const logger = pino({ level: 'silent' });
  const agent = new Agent({
    config,
    clock,
    random: () => 0.5,
    logger,
    boot: undefined,
    onStaleMount: () => undefined,
  });
  t.teardown(() => agent.stop());
  await agent.start();
  const takenAt = async () => Date.parse((await hub.view(id)).snapshot?.takenAt ?? '');
  /** Lets time pass until the hub has a snapshot that was begun later. */
  const untilNewer = async (thanMs: number) => {
    for (let passedMs = 0; !((await takenAt()) > thanMs); passedMs += 500) {
      if (passedMs > 120_000) throw new Error('no newer snapshot');
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await untilNewer(0);
  return { answers, clock, hub, id, takenAt, untilNewer };
}

for (const [what, disturb] of [
  [
    'is back',
    async (answers: Record<string, Answer>, pass: () => Promise<void>) => {
      answers['/_ping'] = (request) => void request.socket.destroy();
      await pass();
      delete answers['/_ping'];
    },
  ],
  [
    'is another one',
    async (answers: Record<string, Answer>) => {
      answers['/info'] = infoWith({ ID: 'ANOTHER' });
    },
  ],
] as const) {
  test(`agent: an engine that ${what} is reported at once, without an interval of snapshots`, async (t) => {
    const { answers, clock, hub, id, takenAt, untilNewer } = await setup(t);
    const before = await takenAt();
    await disturb(answers, async () => {
      for (;;) {
        clock.advance(WATCH_MS);
        await new Promise((resolve) => setImmediate(resolve));
        if ((await hub.view(id)).problem?.code === 'engine-unreachable') return;
      }
    });
    await untilNewer(before);
    t.pass();
  });
}
