import { randomBytes } from 'node:crypto';
import test from 'ava';
import type { CheckIn } from '../../../../plugin/server-hooks/agents/check-ins.js';
import {
  issueOffers,
  offerRetryMs,
  offersAreDue,
} from '../../../../plugin/server-hooks/agents/credential-offers.js';
import { TokenLedger, TunnelCredentials } from '../../../../plugin/server-hooks/tunnel/credentials.js';
import { TunnelSlots } from '../../../../plugin/server-hooks/tunnel/slots.js';
import { openCredential } from '../../../../protocol/crypto/credential.js';
import { deriveKey } from '../../../../protocol/crypto/derived-keys.js';
import type { CheckInQuery } from '../../../../protocol/messages/agent-calls.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { newInstance, swarmEnvironment } from '../../../kit/lease-simulation/samples.js';

const EDGE_ID = '11111111-2222-4333-8444-555555555555';
const SECRET_HASH = Buffer.alloc(32, 7);
const KEY = deriveKey(EDGE_ID, SECRET_HASH, 'credential');

/** Two agents on nodes of one Swarm, and no demand for a tunnel yet. */
function setup() {
  const clock = new FakeClock();
  let epochs = 0;
  const tokens = new TokenLedger({ clock, randomBytes });
  const credentials = new TunnelCredentials(tokens);
  const tunnels = new TunnelSlots({
    clock,
    inactivityMs: () => 300_000,
    newEpoch: () => `boot.${++epochs}`,
    onChange: () => undefined,
    onLost: () => undefined,
  });
  const live = { id: 1, tunnels, credentials };
  const [a, b] = ['a', 'b'].map((id) => ({
    ...newInstance(id),
    node: { swarmId: 'swarm', nodeId: `node-${id}`, name: id, role: 'manager' as const },
  }));
  if (!a || !b) throw new Error('two agents');
  const environment = { ...swarmEnvironment(EDGE_ID, SECRET_HASH), instances: [a, b] };
  const checkIn = (instance = a, query: Partial<CheckInQuery> = {}, etag?: string): CheckIn => ({
    ...{ environment, instance, etag, waitSeconds: 0 },
    query: { engine: 'up', tunnel: 'none', ...query },
  });
  const issue = async (arrived: CheckIn) => {
    const { credential, nodeCredential } = (await issueOffers(environment, arrived, live)) ?? {};
    const open = async (sealed: string | undefined, purpose: 'environment' | 'node') =>
      sealed &&
      tokens.redeem(
        (await openCredential(KEY, sealed, { env: 1, instance: arrived.instance.id, purpose })).token,
      );
    return { own: await open(credential, 'environment'), node: await open(nodeCredential, 'node') };
  };
  return { clock, tokens, live, tunnels, credentials, environment, a, b, checkIn, issue };
}

test('credential offers: none before a tunnel is needed', async (t) => {
  const { live, checkIn, environment } = setup();
  t.false(offersAreDue(checkIn(), live));
  t.is(issueOffers(environment, checkIn(), live), null);
  t.is(offerRetryMs(checkIn(), live), null);
});

test('credential offers: the environment’s goes to the holder of the lease only', async (t) => {
  const { live, tunnels, checkIn, issue, a, b } = setup();
  const slot = tunnels.slot();
  slot.demand();
  t.false(offersAreDue(checkIn(a), live), 'no agent was elected');
  const { epoch } = slot.grant('a');
  t.true(offersAreDue(checkIn(a), live));
  t.false(offersAreDue(checkIn(b), live));
  const { own, node } = await issue(checkIn(a));
  t.like(own, { purpose: 'environment', instanceId: 'a', nodeId: 'node-a', epoch, generation: 1 });
  t.is(node, undefined);
});

test('credential offers: a node’s needs no election, and goes to that node’s agent only', async (t) => {
  const { live, tunnels, checkIn, issue, a, b } = setup();
  tunnels.slot('b').demand();
  t.false(offersAreDue(checkIn(a), live));
  t.true(offersAreDue(checkIn(b), live));
  const { own, node } = await issue(checkIn(b));
  t.is(own, undefined);
  t.like(node, {
    purpose: 'node',
    instanceId: 'b',
    nodeId: 'node-b',
    epoch: tunnels.slot('b').lease?.epoch,
  });
});

test('credential offers: both come with one check-in, each for its own purpose', async (t) => {
  const { live, tunnels, environment, checkIn } = setup();
  tunnels.slot().demand();
  tunnels.slot().grant('a');
  tunnels.slot('a').demand();
  const { credential = '', nodeCredential = '' } = (await issueOffers(environment, checkIn(), live)) ?? {};
  for (const [sealed, purpose, other] of [
    [credential, 'environment', 'node'],
    [nodeCredential, 'node', 'environment'],
  ] as const) {
    const expected = { env: 1, instance: 'a' };
    t.is((await openCredential(KEY, sealed, { ...expected, purpose })).purpose, purpose);
    await t.throwsAsync(openCredential(KEY, sealed, { ...expected, purpose: other }));
  }
});

test('credential offers: a new one after three seconds, or sooner if the last did not arrive', (t) => {
  const { live, tunnels, environment, clock, checkIn, a } = setup();
  tunnels.slot().demand();
  tunnels.slot().grant('a');
  void issueOffers(environment, checkIn(), live);
  t.true(offersAreDue(checkIn(a), live), 'it knows no state, and opens nothing');
  t.false(offersAreDue(checkIn(a, {}, '"state"'), live), 'it has an answer: the credential was in it');
  t.false(offersAreDue(checkIn(a, { tunnel: 'opening' }), live));
  t.is(offerRetryMs(checkIn(), live), 3_001);
  clock.advance(2_999);
  t.false(offersAreDue(checkIn(a, {}, '"state"'), live));
  clock.advance(1);
  t.true(offersAreDue(checkIn(a, {}, '"state"'), live));
  t.true(offersAreDue(checkIn(a, { tunnel: 'opening' }), live));
  clock.advance(2);
  t.is(offerRetryMs(checkIn(), live), null);
});

test('credential offers: a new lease makes one due immediately and invalidates that of the last lease', async (t) => {
  const { tokens, live, tunnels, environment, checkIn, a } = setup();
  const slot = tunnels.slot();
  slot.demand();
  slot.grant('a');
  const first = await issueOffers(environment, checkIn(), live);
  slot.withdraw();
  t.false(offersAreDue(checkIn(a, {}, '"state"'), live));
  const { epoch } = slot.grant('a');
  t.true(offersAreDue(checkIn(a, {}, '"state"'), live));
  const second = await issueOffers(environment, checkIn(), live);
  const tokenIn = async (sealed = '') =>
    (await openCredential(KEY, sealed, { env: 1, instance: 'a', purpose: 'environment' })).token;
  const [old, current] = [await tokenIn(first?.credential), await tokenIn(second?.credential)];
  t.throws(() => tokens.redeem(old), { code: 'credential-superseded' });
  t.is(tokens.redeem(current).epoch, epoch);
});

test('credential offers: none for an agent whose key was removed', (t) => {
  const { live, tunnels, environment, checkIn } = setup();
  tunnels.slot('a').demand();
  t.throws(() => issueOffers({ ...environment, keys: [] }, checkIn(), live), {
    code: 'agent-unauthorized',
  });
});
