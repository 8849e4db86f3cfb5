import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { type HostConfig, readConfig } from '../../host/config.js';
import { type DashboardDeps, type RunningDashboard, startDashboard } from '../../host/dashboard.js';
import { type Clock, systemClock } from '../../protocol/time/clock.js';

/** The system's clock with another time of day. */
export const withWallClock = (now: () => number): Clock => ({ ...systemClock, now });

export const PASSWORD = 'correct horse battery staple';

export const fakePluginFolder = fileURLToPath(new URL('plugins/fake-plugin', import.meta.url));

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; throws when it is not JSON. */
  json(): Record<string, unknown>;
}

export interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON, or as it is when a string. */
  body?: unknown;
}

export interface TestHost extends RunningDashboard {
  readonly dataDir: string;
  /** PEM of the CA that its certificate is checked against. */
  readonly ca: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** Signs in; the headers that a call as admin needs. */
  signIn(): Promise<{ authorization: string }>;
}

export async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-host-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A dashboard with the fake plugin on free ports; stopped with the test. */
export async function startHost(
  t: ExecutionContext,
  changes: { config?: Partial<HostConfig>; deps?: Partial<DashboardDeps>; dataDir?: string } = {},
): Promise<TestHost> {
  const dataDir = changes.dataDir ?? (await makeFolder(t));
  const config = {
    ...readConfig({
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_BIND: '127.0.0.1',
      FAIRLEAD_ADMIN_PASSWORD: PASSWORD,
    }),
    port: 0,
    tunnelPort: 0,
    dockerPort: 'none' as const,
    ...changes.config,
  };
  const dashboard = await startDashboard(config, {
    clock: systemClock,
    randomBytes,
    logger: pino({ level: 'silent' }),
    pluginFolders: [fakePluginFolder],
    showPassword: () => t.fail('no password had to be made'),
    version: '9.9.9',
    // 2^4 rounds: strength is not what these tests are about, except those that say so.
    passwordCost: { logN: 4, r: 8, p: 1 },
    ...changes.deps,
  });
  t.teardown(() => dashboard.stop());
  const ca = await readFile(join(dataDir, 'host', 'ca.pem'), 'utf8');
  const call = (path: string, options: CallOptions = {}) => callHttps(dashboard.port, ca, path, options);
  return {
    ...dashboard,
    dataDir,
    ca,
    call,
    async signIn() {
      const answer = await call('/api/session', { method: 'POST', body: { password: PASSWORD } });
      return { authorization: `Bearer ${answer.json().token}` };
    },
  };
}

export function callHttps(
  port: number,
  ca: string,
  path: string,
  { method, headers, body }: CallOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', ca, path, method, headers, agent: false });
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('error', reject);
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: () => JSON.parse(text) }),
      );
    });
    req.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body));
  });
}
