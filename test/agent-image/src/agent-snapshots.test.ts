import test, { type ExecutionContext } from 'ava';
import { type Answer, infoWith } from './docker/fake-engine.js';
import { startWholeAgent } from './start-whole-agent.js';

const WATCH_MS = 5_000;

/** A whole agent whose first snapshot the hub has. */
async function setup(t: ExecutionContext) {
  const answers: Record<string, Answer> = { '/info': infoWith({}) };
  const { clock, hub, id } = await startWholeAgent(t, answers);
  const takenAt = async () => Date.parse((await hub.view(id)).snapshot?.takenAt ?? '');
  /** Advances time until the hub has a newer snapshot. */
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

for (const [what, inject] of [
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
  test(`agent: an engine that ${what} is snapshotted immediately, without an interval of snapshots`, async (t) => {
    const { answers, clock, hub, id, takenAt, untilNewer } = await setup(t);
    const before = await takenAt();
    await inject(answers, async () => {
      for (;;) {
        clock.advance(WATCH_MS);
        await new Promise((resolve) => setImmediate(resolve));
        // The clock may pass a ping's deadline first.
        if (/^engine-(unreachable|timeout)$/.test((await hub.view(id)).problem?.code ?? '')) return;
      }
    });
    await untilNewer(before);
    t.pass();
  });
}
