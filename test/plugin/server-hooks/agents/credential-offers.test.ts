import { randomBytes } from 'node:crypto';
import test from 'ava';
import type { CheckIn } from '../../../../plugin/server-hooks/agents/check-in.js';
import { CredentialOffers } from '../../../../plugin/server-hooks/agents/credential-offers.js';
import { TunnelCredentials } from '../../../../plugin/server-hooks/tunnel/credentials.js';
import { TunnelRegistry } from '../../../../plugin/server-hooks/tunnel/registry.js';
import { openCredential } from '../../../../protocol/crypto/credential.js';
import { deriveKey } from '../../../../protocol/crypto/derived-keys.js';
import type { CheckInQuery } from '../../../../protocol/messages/agent-calls.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { newInstance, swarmEnvironment } from '../../../kit/lease-simulation/samples.js';

const EDGE_ID = '11111111-2222-4333-8444-555555555555';
const SECRET_HASH = Buffer.alloc(32, 7);
const KEY = deriveKey(EDGE_ID, SECRET_HASH, 'credential');

/** Two agents on nodes of one Swarm, and nobody who needs a tunnel yet. */
function setup() {
  const clock = new FakeClock();
  const registry = new TunnelRegistry({ clock, bootId: 'boot', inactivityMs: () => 300_000 });
  const credentials = new TunnelCredentials({ clock, randomBytes });
  const offers = new CredentialOffers({ registry, credentials });
  const [a, b] = ['a', 'b'].map((id) => ({
    ...newInstance(id),
    node: { swarmId: 'swarm', nodeId: `node-${id}`, name: id, role: 'manager' as const },
  }));
  if (!a || !b) throw new Error('two agents');
  const environment = { ...swarmEnvironment(EDGE_ID, SECRET_HASH), instances: [a, b] };
  const { signal } = new AbortController();
  const checkIn = (instance = a, query: Partial<CheckInQuery> = {}, etag?: string): CheckIn => ({
    ...{ environment, instance, signal, etag, waitSeconds: 0 },
    query: { engine: 'up', tunnel: 'none', ...query },
  });
  const issue = async (arrived: CheckIn) => {
    const { credential, nodeCredential } = (await offers.issue(environment, arrived)) ?? {};
    const open = async (sealed: string | undefined, purpose: 'environment' | 'node') =>
      sealed &&
      credentials.redeem(
        (await openCredential(KEY, sealed, { env: 1, instance: arrived.instance.id, purpose })).token,
      );
    return { own: await open(credential, 'environment'), node: await open(nodeCredential, 'node') };
  };
  return { clock, registry, credentials, offers, environment, a, b, checkIn, issue };
}

test('credential offers: nothing before somebody needs a tunnel', async (t) => {
  const { offers, checkIn, environment } = setup();
  t.false(offers.isDue(checkIn()));
  t.is(offers.issue(environment, checkIn()), null);
  t.is(offers.retryMs(checkIn()), null);
});

test('credential offers: the environment’s goes to whom the lease was granted, and to nobody else', async (t) => {
  const { offers, registry, checkIn, issue, a, b } = setup();
  const slot = registry.slot(1);
  slot.demand();
  t.false(offers.isDue(checkIn(a)), 'nobody was elected');
  const { epoch } = slot.grant('a');
  t.true(offers.isDue(checkIn(a)));
  t.false(offers.isDue(checkIn(b)));
  const { own, node } = await issue(checkIn(a));
  t.like(own, { purpose: 'environment', instanceId: 'a', nodeId: 'node-a', epoch, generation: 1 });
  t.is(node, undefined);
});

test('credential offers: a node’s needs no election, and goes to that node’s agent alone', async (t) => {
  const { offers, registry, checkIn, issue, a, b } = setup();
  registry.slot(1, 'b').demand();
  t.false(offers.isDue(checkIn(a)));
  t.true(offers.isDue(checkIn(b)));
  const { own, node } = await issue(checkIn(b));
  t.is(own, undefined);
  t.like(node, {
    purpose: 'node',
    instanceId: 'b',
    nodeId: 'node-b',
    epoch: registry.slot(1, 'b').lease?.epoch,
  });
});

test('credential offers: both come with one check-in, each for its own purpose', async (t) => {
  const { offers, registry, environment, checkIn } = setup();
  registry.slot(1).demand();
  registry.slot(1).grant('a');
  registry.slot(1, 'a').demand();
  const { credential = '', nodeCredential = '' } = (await offers.issue(environment, checkIn())) ?? {};
  for (const [sealed, purpose, other] of [
    [credential, 'environment', 'node'],
    [nodeCredential, 'node', 'environment'],
  ] as const) {
    const expected = { env: 1, instance: 'a' };
    t.is((await openCredential(KEY, sealed, { ...expected, purpose })).purpose, purpose);
    await t.throwsAsync(openCredential(KEY, sealed, { ...expected, purpose: other }));
  }
});

test('credential offers: a fresh one after three seconds, sooner where the last did not arrive', (t) => {
  const { offers, registry, environment, clock, checkIn, a } = setup();
  registry.slot(1).demand();
  registry.slot(1).grant('a');
  void offers.issue(environment, checkIn());
  t.true(offers.isDue(checkIn(a)), 'it knows no state, and opens nothing');
  t.false(offers.isDue(checkIn(a, {}, '"state"')), 'it has an answer: the credential was in it');
  t.false(offers.isDue(checkIn(a, { tunnel: 'opening' })));
  t.is(offers.retryMs(checkIn()), 3_001);
  clock.advance(2_999);
  t.false(offers.isDue(checkIn(a, {}, '"state"')));
  clock.advance(1);
  t.true(offers.isDue(checkIn(a, {}, '"state"')));
  t.true(offers.isDue(checkIn(a, { tunnel: 'opening' })));
  clock.advance(2);
  t.is(offers.retryMs(checkIn()), null);
});

test('credential offers: with another lease one is due at once, and the one of the last is worth nothing', async (t) => {
  const { offers, registry, environment, credentials, checkIn, a } = setup();
  const slot = registry.slot(1);
  slot.demand();
  slot.grant('a');
  const first = await offers.issue(environment, checkIn());
  slot.withdraw();
  t.false(offers.isDue(checkIn(a, {}, '"state"')));
  const { epoch } = slot.grant('a');
  t.true(offers.isDue(checkIn(a, {}, '"state"')));
  const second = await offers.issue(environment, checkIn());
  const tokenIn = async (sealed = '') =>
    (await openCredential(KEY, sealed, { env: 1, instance: 'a', purpose: 'environment' })).token;
  const [old, current] = [await tokenIn(first?.credential), await tokenIn(second?.credential)];
  t.throws(() => credentials.redeem(old), { code: 'credential-superseded' });
  t.is(credentials.redeem(current).epoch, epoch);
});

test('credential offers: none for an agent whose key is gone', (t) => {
  const { offers, registry, environment, checkIn } = setup();
  registry.slot(1, 'a').demand();
  t.throws(() => offers.issue({ ...environment, keys: [] }, checkIn()), {
    code: 'agent-unauthorized',
  });
});
