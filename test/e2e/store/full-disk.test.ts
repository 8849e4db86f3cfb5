import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { EnvironmentView, ProblemDocument } from '../../../plugin/api.js';
import { labTest } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { tempFolder } from '../../kit/temp-folder.js';

const API = '/edge/api';
const HOST_FILE = 'host/host.json';
const STORE_FILE = 'plugins/fairlead/fairlead.json';

/** A hub whose data folder is its own small disk, visible to no other process and removed with it. */
async function hubOnSmallDisk(t: ExecutionContext) {
  const dataDir = await tempFolder(t);
  const mount = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"';
  const hub = await startHub(t, { dataDir, through: ['unshare', '--mount', 'sh', '-c', mount, dataDir] });
  const inside = join('/proc', String(hub.child.pid), 'root', dataDir);
  const filler = join(inside, 'filler');
  return { hub, inside, fill: () => fill(filler), free: () => rm(filler) };
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  const page = Buffer.alloc(4096, 'x');
  try {
    for (;;) await file.write(page);
  } catch (error) {
    if (Object(error).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}

/** The data files' bytes, and all file names next to them. */
async function contents(inside: string) {
  const names = (await readdir(inside, { recursive: true })).filter((name) => !/lock-|filler/.test(name));
  const read = (name: string) => readFile(join(inside, name), 'utf8');
  return { names: names.sort(), host: await read(HOST_FILE), store: await read(STORE_FILE) };
}

async function health(hub: Hub): Promise<unknown> {
  const { status, body } = await hub.call<{ status: string; problems: string[] }>('GET', '/healthz');
  return [status, body.status, body.problems];
}

labTest(
  'full disk: writes are refused with a code, everything else continues, and nothing needs repair',
  async (t) => {
    t.timeout(300_000);
    const { hub, inside, fill, free } = await hubOnSmallDisk(t);
    const settings = { heldCheckIns: false, snapshotSeconds: 0, inactivitySeconds: 5 };
    const { created, agent } = await startHubAndAgent(t, { hub, settings });
    const path = `${API}/environments/${created.id}`;
    const other = await hub.createEnvironment({ name: 'other' });
    const token = await hub.call<{ id: string }>('POST', '/api/tokens', { name: 'before' });
    t.deepEqual(await health(hub), [200, 'ok', []]);
    const before = await contents(inside);

    await fill();
    const refused: [string, string, unknown?][] = [
      ['POST', `${API}/environments`, { name: 'new' }],
      ['PATCH', path, { tags: ['x'] }],
      ['PATCH', `${API}/settings`, { checkInSeconds: 60 }],
      ['POST', `${path}/rotate-key`, { overlapSeconds: 600 }],
      ['DELETE', `${API}/environments/${other.id}`],
      ['POST', '/api/tokens', { name: 'new' }],
      ['DELETE', `/api/tokens/${token.body.id}`],
    ];
    for (const [method, to, body] of refused) {
      const answer = await hub.call<ProblemDocument>(method, to, body);
      t.is(answer.status, 503, `${method} ${to}`);
      t.is(answer.body.code, 'store-unwritable');
      t.is(answer.headers['content-type'], 'application/problem+json');
    }
    const snapshot = await hub.call<ProblemDocument>('POST', `${path}/snapshot`);
    t.is(snapshot.body.code, 'snapshot-unwritable');
    t.is(snapshot.status, 503);
    t.deepEqual(await health(hub), [200, 'degraded', ['store-unwritable', 'snapshot-unwritable']]);
    for (const what of ['the store', "the host's data", 'snapshots']) {
      // Its log arrives by another path than its answers.
      await hub.child.untilLine(new RegExp(`${what} cannot be written`), 30_000);
      const reported = hub.child.lines.filter((line) => line.includes(`${what} cannot be written`));
      t.is(reported.length, 1, what);
      t.regex(reported.join(), /"level":50.*ENOSPC/);
    }

    // Reads, sign-ins, check-ins, tunnels and calls continue.
    const { lastCheckInAt } = (await hub.call<EnvironmentView>('GET', path)).body;
    await hub.until(created.id, (view) => (view.lastCheckInAt ?? '') > (lastCheckInAt ?? ''), 120_000);
    await openTunnel(hub, created.id);
    t.is((await hub.call('GET', `${path}/docker/containers/json`)).status, 200);
    t.is((await hub.call('POST', '/api/session', { password: hub.password })).status, 200);
    await untilTunnel(hub, created.id, ({ state }) => state === 'idle', 60_000);
    t.is((await hub.call('GET', `${path}/docker/_ping`)).status, 200);
    t.like((await hub.call('GET', `${API}/environments/${other.id}`)).body, { name: 'other' });
    t.deepEqual(await contents(inside), before, 'nothing half-written is in place or left over');

    await free();
    await hub.child.untilLine(/the store can be written again/, 60_000);
    await hub.child.untilLine(/the host's data can be written again/, 60_000);
    for (const [method, to, body] of refused) {
      const { status } = await hub.call(method, to, body);
      t.true(status >= 200 && status < 300, `${method} ${to}: ${status}`);
    }
    t.is((await hub.call('POST', `${path}/snapshot`)).status, 200);
    t.deepEqual(await health(hub), [200, 'ok', []]);
    t.is(agent.child.lines.filter((line) => line.includes('check-in failed')).length, 0);
  },
);
