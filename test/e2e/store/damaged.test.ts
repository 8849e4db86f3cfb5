import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startChild } from '../../kit/child.js';
import { tempFolder } from '../../kit/temp-folder.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STORE = 'plugins/fairlead/fairlead.json';
const TUNNEL_KEY = 'plugins/fairlead/tunnel-key.pem';
const HOST = 'host/host.json';
const SECRET = 'hush-hush';

/** A start of the hub's process that must fail. */
async function startInVain(t: ExecutionContext, dataDir: string) {
  const child = startChild(t, process.execPath, ['--import', 'tsx', join(ROOT, 'host/main.ts')], {
    PATH: process.env.PATH,
    FAIRLEAD_BIND: '127.0.0.1',
    FAIRLEAD_PORT: '0',
    FAIRLEAD_TUNNEL_PORT: '0',
    FAIRLEAD_DOCKER_PORT: 'none',
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_ADMIN_PASSWORD: 'a-password-for-tests',
    FAIRLEAD_LOG_LEVEL: 'silent',
  });
  return { code: await child.exited, lines: child.lines };
}

/** What, which file, its bytes, and what the one line on standard error must say. */
const DAMAGES: ReadonlyArray<readonly [string, string, string | Buffer, RegExp]> = [
  [
    'half a store',
    STORE,
    `{"schemaVersion":1,"x":"${SECRET}`,
    /fairlead\.json cannot be read: it is not JSON/,
  ],
  ['a newer store', STORE, `{"schemaVersion":99,"x":"${SECRET}"}`, /fairlead\.json was written by a newer/],
  ['random bytes as tunnel key', TUNNEL_KEY, randomBytes(300), /tunnel-key\.pem does not hold/],
  [
    'newer data of the host',
    HOST,
    `{"schemaVersion":99,"x":"${SECRET}"}`,
    /host\.json was written by a newer/,
  ],
];

for (const [what, name, bytes, message] of DAMAGES) {
  test.serial(
    `damaged data: ${what} stops the start with a line that says so, and stays as it was`,
    async (t) => {
      const dataDir = await tempFolder(t);
      const file = join(dataDir, name);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, bytes);
      const { code, lines } = await startInVain(t, dataDir);
      t.is(code, 1);
      t.is(lines.length, 1, lines.join('\n'));
      t.regex(lines[0] ?? '', /^fairlead: cannot start: /);
      t.regex(lines[0] ?? '', message);
      t.notRegex(lines.join('\n'), new RegExp(SECRET));
      t.deepEqual(await readFile(file), Buffer.from(bytes));
    },
  );
}

test.serial('damaged data: what cannot be opened stops the start, too', async (t) => {
  const dataDir = await tempFolder(t);
  const file = join(dataDir, STORE);
  await mkdir(file, { recursive: true });
  const folder = await startInVain(t, dataDir);
  t.is(folder.code, 1);
  t.regex(folder.lines.join('\n'), /fairlead\.json cannot be opened/);
  await rm(file, { recursive: true });
  // The disk it leads to is missing: an empty store must not replace it.
  const target = join(dataDir, 'absent', 'fairlead.json');
  await symlink(target, file);
  const link = await startInVain(t, dataDir);
  t.is(link.code, 1);
  t.regex(link.lines.join('\n'), /fairlead\.json cannot be opened/);
  t.is(await readlink(file), target);
});
