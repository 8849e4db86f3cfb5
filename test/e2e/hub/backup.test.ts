import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EnvironmentView, KeyRotated } from '../../../plugin/api.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startAgent } from '../../kit/agent/agent.js';
import { startScriptedEngine } from '../../kit/engine/scripted-engine.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { seededRandom } from '../../kit/seeded-random.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { enrolAt, mustBeRefused } from '../store/writers/enrolled.js';
import { EnvironmentWriter } from '../store/writers/environment-writer.js';
import { SettingsWriter } from '../store/writers/settings-writer.js';
import { TokenWriter } from '../store/writers/token-writer.js';

/** Copies made while something is written. */
const COPIES = 5;
const API = '/edge/api/environments';

/** The command of docs/backup.md, and its counterpart. @returns the folder it was restored to */
async function backUp(t: ExecutionContext, hub: Hub): Promise<string> {
  const docs = await readFile(new URL('../../../docs/backup.md', import.meta.url), 'utf8');
  const [, command] = /^ {4}(tar -C \/var\/lib\/fairlead .*)$/m.exec(docs) ?? [];
  if (command === undefined) throw new Error('docs/backup.md has no such command');
  const [archive, restored] = [join(await tempFolder(t), 'fairlead.tar.gz'), await tempFolder(t)];
  const line = command
    .replace('/var/lib/fairlead', hub.dataDir)
    .replace(/fairlead-\$\(date \+%F\)\.tar\.gz/, archive);
  await runCommand('sh', ['-c', line]);
  await runCommand('tar', ['-C', restored, '-xzf', archive]);
  return restored;
}

test('backup: a copy of a hub during writes is complete; after a restore elsewhere agents reconnect, and later changes are absent', async (t) => {
  t.timeout(300_000);
  const hub = await startHub(t);
  const engine = await startScriptedEngine(t, {});
  const served = await hub.createEnvironment({ name: 'served' });
  await startAgent(t, {
    edgeId: served.edgeId ?? '',
    edgeKey: served.edgeKey,
    engine: engine.socketPath,
  });
  await hub.until(served.id, ({ status }) => status === 'online', 90_000);
  const [rotated, removed] = [
    await hub.createEnvironment({ name: 'rotated' }),
    await hub.createEnvironment({ name: 'removed' }),
  ];

  const random = seededRandom(1);
  const ids = new Set<number>();
  const writers = [
    ...[1, 2, 3].map((n) => new EnvironmentWriter(`writer-${n}`, random, ids)),
    new SettingsWriter(random),
    new TokenWriter(random),
  ];
  let isOver = false;
  let writes = 0;
  const writing = Promise.all(
    writers.map(async (writer) => {
      for (; !isOver; writes++) await writer.write(hub);
    }),
  );
  // Awaited below; until then a failure is no unhandled one.
  writing.catch(() => undefined);
  try {
    // The number of writes during a copy depends on the machine: copies are made until there are enough.
    for (let copies = 0, amid = 0; copies < COPIES || amid < COPIES; copies++) {
      const before = writes;
      const folder = await backUp(t, hub);
      if (writes > before) amid++;
      for (const name of ['host/host.json', 'plugins/fairlead/fairlead.json']) {
        t.notThrows(JSON.parse.bind(null, await readFile(join(folder, name), 'utf8')));
      }
    }
  } finally {
    isOver = true;
  }
  await writing;

  const dataDir = await backUp(t, hub);
  // What the copy cannot know.
  const path = `${API}/${rotated.id}/rotate-key`;
  const { body: later } = await hub.call<KeyRotated>('POST', path, { overlapSeconds: 0 });
  t.is((await hub.call('DELETE', `${API}/${removed.id}`)).status, 204);
  const after = await hub.createEnvironment({ name: 'after' });
  await hub.child.kill('SIGKILL');

  const restored = await startHub(t, { like: hub, dataDir });
  for (const writer of writers) await t.notThrowsAsync(writer.verify(restored));
  await restored.until(served.id, ({ status }) => status === 'online', 90_000);
  t.is((await restored.call('GET', `${API}/${served.id}/docker/_ping`)).status, 200);
  await mustBeRefused(later.edgeKey, rotated.edgeId ?? '', 'agent-unauthorized');
  await t.notThrowsAsync(enrolAt(rotated.edgeKey, rotated.edgeId ?? ''));
  t.is((await restored.call<EnvironmentView>('GET', `${API}/${removed.id}`)).body.name, 'removed');
  t.is((await restored.call('GET', `${API}/${after.id}`)).status, 404);
  // The number is given again, but the key of its first owner is invalid.
  const { id } = await restored.createEnvironment({ name: 'another' });
  t.is(id, after.id);
  await mustBeRefused(after.edgeKey, randomUUID(), 'agent-unauthorized');
});
