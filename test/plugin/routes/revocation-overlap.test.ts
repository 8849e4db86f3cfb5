import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { KeyRotated } from '../../../plugin/api.js';
import type { Environment } from '../../../plugin/server-hooks/model/environment.js';
import { codeOf } from '../../../protocol/edge-error.js';
import { startPlugin } from '../../helpers/plugin.js';
import { joinInstance } from '../../helpers/test-instance.js';

const OVERLAP_MS = 2_000;
/** Promised is a second; a busy machine gets five times that. */
const DEADLINE_MS = 5_000;

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.create({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const base = `/api/environments/${id}`;
  const rotate = async () => {
    const overlapSeconds = OVERLAP_MS / 1_000;
    return (await hub.call<KeyRotated>('POST', `${base}/rotate-key`, { overlapSeconds })).body;
  };
  const openTunnel = async (instance = agent) => {
    await hub.call('POST', `${base}/tunnel`);
    const { ended } = await instance.open(await instance.prove(await instance.credential()));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    return { ended, isOver: () => isOver };
  };
  /** Whether so much time passed since as the overlap takes, and little more. */
  const isOnTime = (sinceMs: number) => {
    const elapsedMs = performance.now() - sinceMs;
    t.true(elapsedMs > OVERLAP_MS - 100 && elapsedMs < OVERLAP_MS + DEADLINE_MS, `${elapsedMs}`);
  };
  return { hub, edgeId: edgeId ?? '', agent, base, rotate, openTunnel, isOnTime };
}

/** The only environment as the disk has it, once `holds` says so. */
async function untilStored(
  dataDir: string,
  holds: (environment: Environment) => boolean,
): Promise<Environment> {
  const deadline = Date.now() + OVERLAP_MS + DEADLINE_MS;
  for (;;) {
    const [environment] = JSON.parse(await readFile(join(dataDir, 'fairlead.json'), 'utf8')).environments;
    if (holds(environment)) return environment;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(environment)}`);
    await delay(20);
  }
}

test('revocation: a rotated key with an overlap closes nothing until the overlap ends, and then at once', async (t) => {
  const { agent, rotate, openTunnel, isOnTime } = await setup(t);
  const tunnel = await openTunnel();
  const startedMs = performance.now();
  await rotate();
  const { etag } = await agent.checkIn();
  const held = agent.checkIn({ ...(etag ? { etag } : {}), wait: 50 }).then(
    () => 'answered',
    (error: unknown) => codeOf(error),
  );
  t.false(tunnel.isOver());
  t.is(await tunnel.ended, 'revoked');
  isOnTime(startedMs);
  t.is(await held, 'agent-unauthorized');
  isOnTime(startedMs);
  await t.throwsAsync(agent.checkIn(), { code: 'agent-unauthorized' });
  await t.throwsAsync(agent.enrol(), { code: 'agent-unauthorized' });
});

test('revocation: the end of an overlap ends calls and snapshots that wait for an agent with the old key', async (t) => {
  const { hub, agent, base, rotate, isOnTime } = await setup(t);
  await agent.checkIn();
  const startedMs = performance.now();
  await rotate();
  const calls = [
    hub.call('GET', `${base}/docker/_ping`),
    hub.call('POST', `${base}/tunnel`, { wait: 60 }),
    hub.call('POST', `${base}/snapshot`),
  ];
  const codes = (await Promise.all(calls)).map(({ body }) => Object(body).code);
  isOnTime(startedMs);
  t.deepEqual(codes, ['tunnel-closed', 'tunnel-closed', 'environment-not-associated']);
});

test('revocation: a handshake with a credential of the old key is refused once the overlap is over', async (t) => {
  const { hub, agent, base, rotate } = await setup(t);
  await hub.call('POST', `${base}/tunnel`);
  const proof = await agent.prove(await agent.credential());
  const { oldKeyEndsAt } = await rotate();
  while (Date.now() < Date.parse(oldKeyEndsAt ?? '') + DEADLINE_MS) {
    const { body } = await hub.call('GET', `${base}/tunnel`);
    if (Object(body).state === 'idle') break;
  }
  await t.throwsAsync(agent.open(proof), { code: 'credential-revoked' });
});

test('revocation: the end of an overlap is nothing to an agent that has come over to the new key', async (t) => {
  const { hub, edgeId, agent, rotate, openTunnel } = await setup(t);
  const before = await untilStored(hub.dataDir, ({ instances }) => instances.length === 1);
  const { edgeKey } = await rotate();
  const over = await joinInstance(t, { edgeId, edgeKey, instance: agent.instance });
  const tunnel = await openTunnel(over);
  const after = await untilStored(hub.dataDir, ({ keys }) => keys.length === 1);
  t.is(after.generation, before.generation);
  t.false(tunnel.isOver());
  t.truthy(await over.checkIn());
});

test('revocation: an overlap goes on over a restart of the hub', async (t) => {
  const { hub, rotate } = await setup(t);
  await rotate();
  await hub.stop();
  const { generation } = await untilStored(hub.dataDir, ({ keys }) => keys.length === 2);
  await startPlugin(t, { dataDir: hub.dataDir });
  const after = await untilStored(hub.dataDir, ({ keys }) => keys.length === 1);
  t.deepEqual(after.instances, []);
  t.is(after.generation, generation + 1);
});
