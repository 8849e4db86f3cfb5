import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import test, { type ExecutionContext } from 'ava';
import type { WebhookCreated } from '../../../../../plugin/api.js';
import { describeCalls } from '../../../../../plugin/server-hooks/http/openapi/describe-calls.js';
import { OPERATIONS } from '../../../../../plugin/server-hooks/routes/operations.js';
import { untilTrue } from '../../../../kit/until.js';
import type { Operation } from './api-contract.js';
import { type ApiWorld, makeApiWorld, pathOf } from './api-world.js';
import { SCENARIOS } from './scenarios.js';

/** Documented problems that calls do not drive the hub into here, and the test that shows each of them. */
const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  'attach-ws-refused': 'test/plugin/server-hooks/docker/proxy/proxy-upgrade.test.ts',
  'body-incomplete': 'test/plugin/server-hooks/http/read-body.test.ts',
  'bad-upgrade-body': 'test/plugin/server-hooks/docker/proxy/proxy-upgrade.test.ts',
  'dial-timeout': 'test/plugin/server-hooks/tunnel/session/streams.test.ts',
  'engine-bad-response': 'test/plugin/server-hooks/docker/proxy/proxy-hostile-engine.test.ts',
  'engine-redirect': 'test/plugin/server-hooks/docker/proxy/proxy-hostile-engine.test.ts',
  'engine-unreachable': 'test/plugin/server-hooks/docker/proxy/proxy-request.test.ts',
  'node-ambiguous': 'test/plugin/server-hooks/swarm/known-nodes.test.ts',
  'node-offline': 'test/plugin/server-hooks/live/availability.test.ts',
  'node-without-agent': 'test/plugin/server-hooks/swarm/known-nodes.test.ts',
  'snapshot-busy': 'test/plugin/server-hooks/snapshots/files-instances.test.ts',
  'snapshot-unreadable': 'test/plugin/server-hooks/routes/snapshots-swarm.test.ts',
  'store-closed': 'test/plugin/server-hooks/store/store-contract.ts',
  'too-many-bodies': 'test/plugin/server-hooks/routes/webhooks/refused.test.ts',
  'too-many-event-streams': 'test/plugin/server-hooks/events/event-streams.test.ts',
  'too-many-calls': 'test/plugin/server-hooks/tunnel/calls.test.ts',
  'too-many-streams': 'test/plugin/server-hooks/tunnel/session/streams.test.ts',
  'too-many-webhooks': 'test/plugin/server-hooks/routes/webhooks/webhooks.test.ts',
  'tunnel-closed': 'test/plugin/server-hooks/environments/admin-revocation.test.ts',
  'tunnel-lost': 'test/plugin/server-hooks/tunnel/session/streams.test.ts',
  'tunnel-timeout': 'test/plugin/server-hooks/tunnel/slot.test.ts',
  'webhook-busy': 'test/plugin/server-hooks/webhooks/message-ledger.test.ts',
  'webhook-repeated': 'test/plugin/server-hooks/routes/webhooks/repeated.test.ts',
};
/** They cannot be made to fail: they use neither the host nor the disk, or authenticate first. */
const WITHOUT_INTERNAL = ['getCa', 'getOpenApi', 'callWebhook'].map((id) => `${id} 500 internal`);

test('openapi: the document is valid OpenAPI 3.1', async (t) => {
  const validator = new Validator();
  const document = JSON.parse(JSON.stringify(describeCalls(OPERATIONS, '1.2.3', '/edge')));
  const { valid, errors } = await validator.validate(document);
  t.true(valid, JSON.stringify(errors));
  t.is(validator.version, '3.1');
  const broken = { ...document, paths: { '/x': { get: { responses: { 200: {} } } } } };
  t.false((await new Validator().validate(broken)).valid, 'the validator sees what is missing');
});

test('openapi: each documented call answers as documented', async (t) => {
  t.timeout(180_000);
  const world = await makeApiWorld(t);
  const { contract } = world;
  t.deepEqual(
    Object.keys(SCENARIOS).sort(),
    [...contract.operations.keys()].sort(),
    'a scenario for each call',
  );
  for (const operation of contract.operations.values()) await refuse(t, world, operation);
  for (const run of Object.values(SCENARIOS)) await run(world);

  const unshown = contract.unseen.filter(
    (each) => SHOWN_ELSEWHERE[each.split(' ')[2] ?? ''] === undefined && !WITHOUT_INTERNAL.includes(each),
  );
  t.deepEqual(unshown, [], 'documented, and shown nowhere');
  for (const [code, file] of Object.entries(SHOWN_ELSEWHERE)) {
    t.true((await readFile(file, 'utf8')).includes(code), `${code} in ${file}`);
    t.true(
      contract.unseen.some((each) => each.endsWith(` ${code}`)),
      `${code} is seen here by now`,
    );
  }
});

/** What follows from a call's shape. */
async function refuse(t: ExecutionContext, world: ApiWorld, operation: Operation): Promise<void> {
  const { ask } = world;
  const { operationId: id, method, security, template, requestBody } = operation;
  if (method === 'HEAD') return;
  if (security.length > 0) {
    await ask(id, '401 unauthorized', { token: null });
    await ask(id, '401 unauthorized', { token: 'stranger' });
    await ask(id, '403 forbidden', { token: 'outsider' });
    await ask(id, '500 internal', { token: 'broken' });
  }
  if (template.startsWith('/api/environments/{id}')) {
    for (const unknown of [99_999, 0, 'x']) {
      await ask(id, '404 environment-not-found', { path: pathOf(template, { id: unknown }) });
    }
  }
  if (requestBody === undefined) return;
  if (security.length > 0) {
    await ask(id, '400 bad-request', { body: [] });
    await ask(id, '400 body-not-json', { body: Buffer.from('{"name": ') });
    await ask(id, '400 body-not-json', { body: Buffer.from([0x22, 0xff, 0x22]) });
  }
  await ask(id, '413 body-too-large', { body: Buffer.alloc(70_000, ' ') });
  await ask(id, '500 host-consumed-body', { at: world.greedy, body: { name: 'x' } });
  t.deepEqual(await late(world, operation), [], id);
}

/** A body whose second byte never arrives; the test controls that hub's clock. */
async function late({ frozen, clock, contract }: ApiWorld, operation: Operation): Promise<string[]> {
  const { operationId, method, template } = operation;
  const { id } = await frozen.createEnvironment({ name: operationId });
  const webhook = (await frozen.call<WebhookCreated>('POST', '/api/webhooks', { name: 'hook' })).body;
  const timers = clock.pending;
  const req = http.request(`${frozen.url}${pathOf(template, { id, webhookId: webhook.id })}`, {
    method,
    headers: { authorization: 'Bearer admin', 'content-length': 10 },
    agent: false,
  });
  req.on('error', () => undefined);
  req.write('{');
  await untilTrue('a timer', () => clock.pending !== timers, { everyMs: 1 });
  clock.advance(30_000);
  const [res] = (await once(req, 'response')) as [http.IncomingMessage];
  const text = Buffer.concat(await res.toArray()).toString('utf8');
  req.destroy();
  return contract.compare(operationId, { status: res.statusCode ?? 0, headers: res.headers, text });
}
