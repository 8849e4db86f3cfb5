import test from 'ava';
import {
  decideEnrolment,
  type EnrolmentClaim,
} from '../../../../../plugin/server-hooks/model/enrolment/decide-enrolment.js';
import type {
  InstanceLiveness,
  Liveness,
} from '../../../../../plugin/server-hooks/model/enrolment/occupancy.js';
import type { Environment, Instance } from '../../../../../plugin/server-hooks/model/environment.js';
import type { EnrolRequest } from '../../../../../protocol/messages/agent-calls.js';
import { Problem } from '../../../../../protocol/problems.js';
import { newInstance } from '../../../../kit/lease-simulation/samples.js';
import { sampleEnvironment } from '../../store/sample-environment.js';

const EDGE_ID = '11111111-2222-4333-8444-555555555555';
const SILENT: InstanceLiveness = {
  isLive: false,
  mayBeLive: false,
  mayBeOnTime: false,
  hasTunnel: false,
};
const LIVE: InstanceLiveness = { isLive: true, mayBeLive: true, mayBeOnTime: true, hasTunnel: false };

function environmentOf(instances: readonly Instance[], changes: Partial<Environment> = {}): Environment {
  const alone = { edgeId: EDGE_ID, barredEdgeIds: [], swarm: null, swarmAuthority: null, ...changes };
  return sampleEnvironment(1, { instances, ...alone });
}

function claimOf(id: string, changes: Partial<EnrolRequest> = {}): EnrolmentClaim {
  const { publicKey, engineId, node, agentVersion, platform } = newInstance(id);
  return {
    request: {
      protocol: 2,
      edgeId: EDGE_ID,
      instanceId: id,
      ...{ publicKey, engineId, node, agentVersion, platform },
      ...changes,
    },
    keyGeneration: 2,
    machine: undefined,
    isSameMachine: true,
    newSecret: 'new secret',
    nowMs: Date.parse('2030-06-01T00:00:00.000Z'),
  };
}

function livenessOf(instances: Record<string, InstanceLiveness> = {}): Liveness {
  const map = new Map(Object.entries(instances));
  return { intervalMs: 5_000, instances: map };
}

function enrolled(environment: Environment, claim: EnrolmentClaim, liveness = livenessOf()) {
  const outcome = decideEnrolment(environment, claim, liveness);
  if (outcome instanceof Problem) throw outcome;
  return outcome;
}

const idsOf = ({ instances }: Environment) => instances.map(({ id }) => id);

test('enrolment decision: the first agent binds its Edge ID', (t) => {
  const before = environmentOf([], { edgeId: null });
  const { environment, instance, isKnown } = enrolled(before, claimOf('a'));
  t.false(isKnown);
  t.like(instance, {
    id: 'a',
    secret: 'new secret',
    keyGeneration: 2,
    enrolledAt: '2030-06-01T00:00:00.000Z',
  });
  t.deepEqual(environment, {
    ...before,
    edgeId: EDGE_ID,
    associatedAt: '2030-06-01T00:00:00.000Z',
    instances: [instance],
  });
});

test('enrolment decision: a known agent without changes gets the same environment object', (t) => {
  const known = { ...newInstance('a'), keyGeneration: 2 };
  const before = environmentOf([known]);
  const { environment, instance, isKnown } = enrolled(before, claimOf('a'), livenessOf({ a: LIVE }));
  t.true(isKnown);
  t.is(environment, before);
  t.is(instance, known);
});

test('enrolment decision: a known agent keeps its position, its date and, on the same machine, its secret', (t) => {
  const [a, b] = [newInstance('a'), newInstance('b')];
  const before = environmentOf([a, b]);
  const update = claimOf('a', { agentVersion: '9.9.9' });
  const same = enrolled(before, update);
  t.deepEqual(same.environment.instances, [{ ...a, keyGeneration: 2, agentVersion: '9.9.9' }, b]);
  const moved = enrolled(before, { ...update, isSameMachine: false });
  t.is(moved.instance.secret, 'new secret');
});

test('enrolment decision: an engine that does not answer keeps its previous id', (t) => {
  const { instance } = enrolled(environmentOf([newInstance('a')]), claimOf('a', { engineId: null }));
  t.is(instance.engineId, 'a');
});

test('enrolment decision: a silent agent is replaced, a live one is not', (t) => {
  const before = environmentOf([newInstance('a')]);
  const { environment } = enrolled(before, claimOf('b'), livenessOf({ a: SILENT }));
  t.deepEqual(idsOf(environment), ['b']);
  for (const state of [LIVE, { ...SILENT, hasTunnel: true }]) {
    t.like(decideEnrolment(before, claimOf('b'), livenessOf({ a: state })), {
      code: 'duplicate',
      retryAfterSeconds: 10,
    });
  }
});

test('enrolment decision: an agent that may be live holds its place, one of the same engine only while it may be on time', (t) => {
  const before = environmentOf([newInstance('a')]);
  const late = livenessOf({ a: { ...SILENT, mayBeLive: true } });
  const onTime = livenessOf({ a: { ...SILENT, mayBeOnTime: true } });
  t.like(decideEnrolment(before, claimOf('b'), late), { code: 'duplicate' });
  t.deepEqual(idsOf(enrolled(before, claimOf('b'), livenessOf({ a: SILENT })).environment), ['b']);
  const ofSameEngine = claimOf('b', { engineId: 'a' });
  t.like(decideEnrolment(before, ofSameEngine, onTime), { code: 'duplicate' });
  t.deepEqual(idsOf(enrolled(before, ofSameEngine, late).environment), ['b']);
});

const refusals: Record<string, [Environment, EnrolmentClaim]> = {
  'association-removed': [environmentOf([], { barredEdgeIds: [EDGE_ID] }), claimOf('a')],
  'edge-id-mismatch': [environmentOf([], { edgeId: 'another' }), claimOf('a')],
  'agent-unauthorized': [environmentOf([newInstance('a')]), claimOf('a', { publicKey: 'another' })],
  'swarm-mismatch': [environmentOf([], { swarm: { id: 's', managers: ['n'] } }), claimOf('a')],
  'too-many-agents': [
    environmentOf(
      Array.from({ length: 500 }, (_, i) => ({
        ...newInstance(`${i}`),
        node: { swarmId: 's', nodeId: `${i}`, name: `${i}`, role: 'manager' },
      })),
      { swarm: { id: 's', managers: Array.from({ length: 500 }, (_, i) => `${i}`) } },
    ),
    claimOf('a', { node: { swarmId: 's', nodeId: 'a', name: 'a', role: 'worker' } }),
  ],
};

for (const [code, [environment, claim]] of Object.entries(refusals)) {
  test(`enrolment decision: ${code}`, (t) => {
    t.like(decideEnrolment(environment, claim, livenessOf()), { code });
  });
}
