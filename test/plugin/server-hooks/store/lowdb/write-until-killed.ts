import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { sampleEnvironment } from '../sample-environment.js';

// Raises the generations of eight environments until it is killed, and prints `id generation` for each acknowledged
// write. Continues from the stored generations.
const store = new LowdbStore({ path: process.argv[2] ?? '', logger: new LogRecorder() });

async function writeForEver(id: number): Promise<never> {
  const sample = sampleEnvironment(id, { tags: ['x'.repeat(20_000)] });
  if (!store.environment(id)) await store.create(() => sample);
  for (;;) {
    const { generation } = await store.update(id, (current) => ({
      ...current,
      generation: current.generation + 1,
    }));
    process.stdout.write(`${id} ${generation}\n`);
  }
}

store.start().then(() => Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(writeForEver)));
