import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { startChild } from '../../kit/child.js';
import { serialServerTest } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { tempFolder } from '../../kit/temp-folder.js';

const REPORTED_MS = 60_000;

/** Starts HAProxy with these lines in its backend. Resolves to what it reports of the first check. */
async function firstCheck(t: ExecutionContext, hub: Hub, lines: string): Promise<string> {
  const folder = await tempFolder(t);
  const file = join(folder, 'haproxy.cfg');
  await writeFile(
    file,
    `global
  log stderr format raw local0
defaults
  mode http
  log global
  option log-health-checks
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind unix@${folder}/in.sock
  default_backend hub
backend hub
${lines}
  server hub 127.0.0.1:${hub.port} ssl verify required ca-file ${hub.dataDir}/host/ca.pem verifyhost localhost check inter 100ms
`,
  );
  const child = startChild(t, 'haproxy', ['-db', '-f', file], process.env);
  return child.untilLine(/Health check for server hub\/hub/, REPORTED_MS);
}

serialServerTest('haproxy: the documented health check passes, and the default one is refused', async (t) => {
  const hub = await startHub(t);
  const [documented] =
    /^ +option httpchk\n +http-check .*$/m.exec(await readFile('docs/deploying.md', 'utf8')) ?? [];
  t.regex(await firstCheck(t, hub, documented ?? ''), /succeeded.*code: 200/);
  t.regex(await firstCheck(t, hub, '  option httpchk GET /healthz'), /failed.*code: 400/);
});
