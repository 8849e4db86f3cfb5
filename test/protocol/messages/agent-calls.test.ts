import test from 'ava';
import type * as z from 'zod/mini';
import {
  AGENT_PATHS,
  checkInQuerySchema,
  checkInReplySchema,
  enrolReplySchema,
  enrolRequestSchema,
  idleRequestSchema,
  problemSchema,
} from '../../../protocol/messages/agent-calls.js';

const ID = '3f2b8f0e-1c54-4d0a-9c7e-5a1d2b6e8f90';
const node = { swarmId: 's', nodeId: 'n', name: 'web-1', role: 'manager' };
const enrolRequest = {
  protocol: 1,
  instanceId: ID,
  edgeId: ID,
  publicKey: 'A'.repeat(43),
  engineId: null,
  node: null,
  agentVersion: '0.1.0',
  platform: 'linux/amd64',
};
const enrolReply = { protocol: 1, secret: 'a.b.c.d.e', keyGeneration: 1, timeMs: 1 };
const query = { engine: 'up', tunnel: 'none' };
const reply = {
  tunnel: 'idle',
  checkInSeconds: 5,
  holdSeconds: 0,
  inactivitySeconds: 300,
  snapshotSeconds: 0,
  snapshotRequest: 0,
  hub: 'boot',
};
const idle = { tunnelId: 't', snapshot: null };
const problem = { code: 'agent-unauthorized' };

const MESSAGES: [name: string, schema: z.ZodMiniType, valid: object][] = [
  ['enrol request', enrolRequestSchema, enrolRequest],
  ['enrol request of a Swarm node', enrolRequestSchema, { ...enrolRequest, engineId: 'e', node }],
  ['enrol reply', enrolReplySchema, enrolReply],
  ['check-in query', checkInQuerySchema, query],
  ['check-in query with a problem', checkInQuerySchema, { ...query, problem: 'hub-unreachable' }],
  ['check-in reply', checkInReplySchema, reply],
  [
    'check-in reply with a credential',
    checkInReplySchema,
    { ...reply, tunnel: 'required', credential: 'a.b' },
  ],
  ['idle request', idleRequestSchema, idle],
  ['problem', problemSchema, problem],
  ['problem with all members', problemSchema, { ...problem, detail: 'd', timeMs: 1, retryAfterSeconds: 0 }],
];

for (const [name, schema, valid] of MESSAGES) {
  test(`messages: reads the ${name} and ignores what it does not know`, (t) => {
    t.deepEqual(schema.parse(valid), valid);
    t.deepEqual(schema.parse({ ...valid, future: { deep: [1] } }), valid);
  });

  // All members of a check-in's query have a default.
  if (schema === checkInQuerySchema) continue;
  test(`messages: the ${name} requires each of its required members`, (t) => {
    const optional = new Set(['problem', 'credential', 'detail', 'timeMs', 'retryAfterSeconds']);
    for (const field of Object.keys(valid)) {
      if (optional.has(field) && schema !== enrolReplySchema) continue;
      const { [field as keyof typeof valid]: _, ...rest } = valid;
      t.false(schema.safeParse(rest).success, field);
    }
  });
}

test('messages: a check-in without query is the usual one', (t) => {
  t.deepEqual(checkInQuerySchema.parse({}), { engine: 'up', tunnel: 'none' });
  t.false(checkInQuerySchema.safeParse({ engine: '' }).success);
});

test('messages: are never an array, a text or null', (t) => {
  for (const [, schema] of MESSAGES) {
    for (const value of [[], 'x', null, undefined, 5]) t.false(schema.safeParse(value).success);
  }
});

const BOUNDS: [
  schema: z.ZodMiniType,
  valid: object,
  field: string,
  accepted: unknown[],
  refused: unknown[],
][] = [
  [
    problemSchema,
    problem,
    'timeMs',
    [1, 100_000_000_000_000],
    [0, -1, 1.5, 100_000_000_000_001, Number.MAX_SAFE_INTEGER, '1', null],
  ],
  [enrolRequestSchema, enrolRequest, 'protocol', [1, 2], [1.5, '1', null]],
  [enrolRequestSchema, enrolRequest, 'instanceId', [ID], [ID.toUpperCase(), ID.slice(1), `${ID}\n`, '']],
  [enrolRequestSchema, enrolRequest, 'edgeId', [ID], [ID.toUpperCase(), `{${ID}}`, 1]],
  [
    enrolRequestSchema,
    enrolRequest,
    'publicKey',
    ['_'.repeat(43)],
    ['A'.repeat(42), 'A'.repeat(44), '+'.repeat(43)],
  ],
  [enrolRequestSchema, enrolRequest, 'engineId', [null, 'e'.repeat(128)], ['e'.repeat(129), undefined]],
  [enrolRequestSchema, enrolRequest, 'agentVersion', ['', 'v'.repeat(64)], ['v'.repeat(65)]],
  [enrolRequestSchema, enrolRequest, 'platform', ['p'.repeat(64)], ['p'.repeat(65)]],
  [
    enrolRequestSchema,
    enrolRequest,
    'node',
    [null, node, { ...node, role: 'worker' }],
    [
      {},
      { ...node, role: 'leader' },
      { ...node, name: 'n'.repeat(256) },
      { ...node, nodeId: 'n'.repeat(65) },
    ],
  ],
  [enrolReplySchema, enrolReply, 'secret', ['s'.repeat(4096)], ['s'.repeat(4097)]],
  [enrolReplySchema, enrolReply, 'timeMs', [0], [0.5, '0']],
  [checkInQuerySchema, query, 'engine', ['up', 'down', 'unknown'], ['', 'UP', ['up', 'down']]],
  [checkInQuerySchema, query, 'tunnel', ['none', 't'.repeat(64)], ['t'.repeat(65), ['none', 'none']]],
  [checkInQuerySchema, query, 'problem', [undefined, 'p'.repeat(64)], ['p'.repeat(65), ['a', 'b']]],
  [checkInReplySchema, reply, 'tunnel', ['idle', 'required', 'active'], ['open', '']],
  [
    checkInReplySchema,
    reply,
    'checkInSeconds',
    [1, 86_400],
    [0, -1, 86_401, Number.POSITIVE_INFINITY, Number.NaN, '5'],
  ],
  [checkInReplySchema, reply, 'holdSeconds', [0, 60, 86_400], [-1, 86_401]],
  [checkInReplySchema, reply, 'inactivitySeconds', [5, 86_400], [0, 86_401]],
  [checkInReplySchema, reply, 'snapshotSeconds', [0, 86_400], [-1, 86_401]],
  [checkInReplySchema, reply, 'snapshotRequest', [0, 7], [0.5]],
  [checkInReplySchema, reply, 'credential', [undefined, 'c'.repeat(4096)], ['c'.repeat(4097), null]],
  [checkInReplySchema, reply, 'hub', ['h'.repeat(64)], ['h'.repeat(65)]],
  [idleRequestSchema, idle, 'tunnelId', ['t'.repeat(64)], ['t'.repeat(65), null]],
  [idleRequestSchema, idle, 'snapshot', [null], [undefined, {}]],
  [problemSchema, problem, 'code', ['c'.repeat(64)], ['c'.repeat(65), null]],
  [problemSchema, problem, 'detail', ['d'.repeat(1024)], ['d'.repeat(1025)]],
  [problemSchema, problem, 'retryAfterSeconds', [0, 86_400], [-1, 86_401]],
];

for (const [schema, valid, field, accepted, refused] of BOUNDS) {
  const name = MESSAGES.find((message) => message[1] === schema)?.[0];
  test(`messages: ${field} of the ${name} is bounded`, (t) => {
    for (const value of accepted)
      t.true(schema.safeParse({ ...valid, [field]: value }).success, String(value));
    for (const value of refused)
      t.false(schema.safeParse({ ...valid, [field]: value }).success, String(value));
  });
}

test('messages: the paths agents call do not change', (t) => {
  t.like(AGENT_PATHS, {
    enrol: '/agent/enrol',
    checkIn: '/agent/check-in',
    snapshot: '/agent/snapshot',
    idle: '/agent/idle',
  });
  t.true(Object.isFrozen(AGENT_PATHS));
});
