import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { signRequest } from '../../../../../protocol/crypto/request-signature.js';
import { joinInstance, makeInstance } from '../../../../kit/agent/instance.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';

const CHECK_IN = '/agent/check-in?engine=up&tunnel=none';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const claim = { environmentId: id, instanceId: agent.instance.instanceId };
  return { hub, id, agent, claim, edge: { edgeId: edgeId ?? '', edgeKey } };
}

/** One raw request; resolves to status and body. */
function ask(
  url: string,
  headers: http.OutgoingHttpHeaders,
  method = 'GET',
  body = '',
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method, headers, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body: text === '' ? {} : JSON.parse(text),
        }),
      );
    });
    req.on('error', reject);
    req.end(body);
  });
}

test('agent calls: nothing is answered before authentication, 304 and bad requests included', async (t) => {
  const { hub, agent, claim } = await setup(t);
  const { etag } = await agent.checkIn();
  const wrongKey = signRequest(
    Buffer.alloc(32),
    { ...claim, timeMs: Date.now() },
    { method: 'GET', path: CHECK_IN, body: Buffer.alloc(0) },
  );
  for (const authorization of [undefined, 'Bearer admin', wrongKey]) {
    for (const [method, path] of [
      ['GET', CHECK_IN],
      ['GET', '/agent/check-in'],
      ['GET', '/agent/check-in?engine=nonsense'],
      ['POST', '/agent/enrol'],
      ['POST', '/agent/snapshot'],
      ['POST', '/agent/idle'],
    ] as const) {
      const headers = {
        ...(authorization ? { authorization } : {}),
        'if-none-match': etag,
        prefer: 'wait=30',
      };
      const answer = await ask(`${hub.url}${path}`, headers, method, method === 'POST' ? '{"a"' : '');
      t.is(answer.status, 401, `${method} ${path} ${authorization}`);
      t.is(answer.body.code, 'agent-unauthorized');
      t.is(answer.headers.etag, undefined);
    }
  }
});

test('agent calls: an id that exists and one that does not are refused alike', async (t) => {
  const { hub, claim } = await setup(t);
  const bodies: string[] = [];
  for (const environmentId of [claim.environmentId, 4_711]) {
    const authorization = signRequest(
      Buffer.alloc(32, 1),
      { ...claim, environmentId, timeMs: Date.now() },
      { method: 'GET', path: CHECK_IN, body: Buffer.alloc(0) },
    );
    const { status, body } = await ask(`${hub.url}${CHECK_IN}`, { authorization });
    t.is(status, 401);
    bodies.push(JSON.stringify({ ...body, timeMs: 0 }));
  }
  t.is(bodies[0], bodies[1]);
  const rest = `instance=${claim.instanceId}, time=${Date.now()}, mac=${'A'.repeat(43)}`;
  for (const env of [
    '0',
    '01',
    '-1',
    '1e3',
    '0x1',
    '1.0',
    '999999999999999',
    '9'.repeat(30),
    '',
    'x',
    '../1',
  ]) {
    const { status, body } = await ask(`${hub.url}${CHECK_IN}`, {
      authorization: `Fairlead env=${env}, ${rest}`,
    });
    t.is(status, 401, env);
    t.is(JSON.stringify({ ...body, timeMs: 0 }), bodies[0] ?? '', env);
  }
});

test('agent calls: a signature holds for its method, path, query and body only, and once', async (t) => {
  const { hub, agent, claim } = await setup(t);
  const key = agent.client.instanceSecret ?? Buffer.alloc(0);
  const request = { method: 'GET', path: CHECK_IN, body: Buffer.alloc(0) };
  const authorization = signRequest(key, { ...claim, timeMs: Date.now() }, request);
  const changed = `${hub.url}/agent/check-in?engine=down&tunnel=none`;
  t.like(await ask(changed, { authorization }), { status: 401, body: { code: 'agent-unauthorized' } });
  t.is((await ask(`${hub.url}${CHECK_IN}`, { authorization })).status, 200);
  t.like(await ask(`${hub.url}${CHECK_IN}`, { authorization }), {
    status: 401,
    body: { code: 'request-replayed' },
  });
});

test('agent calls: each refusal carries the hub’s time', async (t) => {
  const { hub, agent, claim } = await setup(t);
  const key = agent.client.instanceSecret ?? Buffer.alloc(0);
  const request = { method: 'GET', path: CHECK_IN, body: Buffer.alloc(0) };
  const authorization = signRequest(key, { ...claim, timeMs: Date.now() - 61_000 }, request);
  const { status, body } = await ask(`${hub.url}${CHECK_IN}`, { authorization });
  t.is(status, 401);
  t.is(body.code, 'clock-skew');
  t.true(Math.abs(Number(body.timeMs) - Date.now()) < 5_000);
});

test('agent calls: a running agent whose clock is set two minutes off, either way, keeps working', async (t) => {
  const hub = await startPlugin(t);
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const clock = new FakeClock(Date.now());
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock });
  for (const offMs of [120_000, -120_000, 0]) {
    clock.setWall(Date.now() + offMs);
    t.truthy(await agent.checkIn(), `${offMs}`);
    t.truthy(await agent.checkIn(), `${offMs}`);
  }
});

test('agent calls: a hub whose clock is set back an hour accepts its agents', async (t) => {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock: new FakeClock() });
  await agent.checkIn();
  clock.setWall(clock.now() - 3_600_000);
  t.truthy(await agent.checkIn());
});

test('agent calls: unknown callers change nothing an admin sees', async (t) => {
  const { hub, id, agent, edge } = await setup(t);
  await agent.checkIn();
  const before = await hub.call('GET', `/api/environments/${id}`);
  const lines = hub.log.lines.length;
  const parts = Buffer.from(edge.edgeKey, 'base64').toString().split('|');
  const edgeKey = Buffer.from([...parts.slice(0, 3), `${id}.${'A'.repeat(43)}`].join('|')).toString('base64');
  const stranger = await makeInstance(t, { edgeId: edge.edgeId, edgeKey });
  for (let i = 0; i < 50; i++) await t.throwsAsync(stranger.enrol(), { code: 'agent-unauthorized' });
  for (const path of [CHECK_IN, '/agent/check-in', '/agent/nothing']) await ask(`${hub.url}${path}`, {});
  t.deepEqual(await hub.call('GET', `/api/environments/${id}`).then(({ body }) => body), before.body);
  const added = hub.log.lines.slice(lines).filter(({ level }) => level !== 'debug');
  t.is(added.length, 1, 'one line a minute, not one a call');
  t.like(added[0], { level: 'warn', fields: { code: 'agent-unauthorized' } });
});

test('agent calls: steady check-ins write nothing to disk', async (t) => {
  const { hub, agent } = await setup(t);
  let { etag } = await agent.checkIn();
  const before = await filesOf(hub.dataDir);
  t.true(before.length > 0);
  for (let i = 0; i < 300; i++) ({ etag } = await agent.checkIn(i % 2 === 0 && etag ? { etag } : {}));
  t.deepEqual(await filesOf(hub.dataDir), before);
});

/** Path, inode, size and times of every file: any write shows. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const lines = names.sort().map(async (name) => {
    const { ino, size, mtimeNs, ctimeNs } = await stat(join(folder, name), { bigint: true });
    return `${name} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  });
  return Promise.all(lines);
}

test('agent calls: whatever an agent appends to a path, it has one timestamp there', async (t) => {
  const { hub, agent, claim } = await setup(t);
  const key = agent.client.instanceSecret ?? Buffer.alloc(0);
  const body = Buffer.from('{}');
  let timeMs = Date.now();
  const post = async (path: string, atMs: number) => {
    const authorization = signRequest(key, { ...claim, timeMs: atMs }, { method: 'POST', path, body });
    return (await ask(`${hub.url}${path}`, { authorization }, 'POST', '{}')).body.code;
  };
  await post('/agent/idle', ++timeMs);
  t.is(await post('/agent/idle?again', timeMs), 'request-replayed');
  // A fragment does not belong on the wire; `http.request` sends it as given.
  const raw = http.request({
    ...{ host: '127.0.0.1', port: new URL(hub.url).port, path: '/edge/agent/idle#again', method: 'POST' },
    headers: {
      authorization: signRequest(
        key,
        { ...claim, timeMs },
        { method: 'POST', path: '/agent/idle#again', body },
      ),
      'content-length': body.length,
    },
  });
  raw.end(body);
  const [res] = (await once(raw, 'response')) as [http.IncomingMessage];
  t.is(JSON.parse(Buffer.concat(await res.toArray()).toString()).code, 'request-replayed');
});
