import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {
  parseAuthorization,
  type RequestClaim,
  type SignedRequest,
  signRequest,
  unauthorized,
  verifyBody,
  verifyHead,
  verifyRequest,
} from '../../../protocol/crypto/request-signature.js';
import { Problem } from '../../../protocol/problems.js';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const claim = fc.record({
  environmentId: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  instanceId: fc.uuid(),
  timeMs: fc.integer({ min: 1, max: 999_999_999_999_999 }),
});
const request: fc.Arbitrary<SignedRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.stringMatching(/^\/agent\/[a-z/-]{0,30}(\?[a-z=&%0-9]{0,30})?$/),
  body: fc.uint8Array({ maxLength: 200 }),
});

test('request signature: what is signed can be read and verified', (t) => {
  fc.assert(
    fc.property(key, claim, request, (secret, said, call) => {
      const header = signRequest(secret, said, call);
      const read = parseAuthorization(header);
      const bodyHash = createHash('sha256').update(call.body).digest('base64url');
      t.deepEqual({ ...read }, { ...said, bodyHash, mac: read.mac });
      t.true(verifyRequest(secret, read, call));
    }),
  );
});

test('request signature: is HMAC-SHA256 over six lines', (t) => {
  fc.assert(
    fc.property(key, claim, request, (secret, said, call) => {
      const lines = [
        call.method,
        call.path,
        said.environmentId,
        said.instanceId,
        said.timeMs,
        createHash('sha256').update(call.body).digest('base64url'),
      ];
      const mac = createHmac('sha256', secret).update(lines.join('\n')).digest('base64url');
      t.is(parseAuthorization(signRequest(secret, said, call)).mac, mac);
    }),
  );
});

const SECRET = randomBytes(32);
const SAID = { environmentId: 5, instanceId: randomUUID(), timeMs: 1_767_225_600_000 };
const CALL: SignedRequest = { method: 'POST', path: '/agent/idle?a=1', body: Buffer.from('{"a":1}') };

/** Each part of what is signed, changed the least. */
const CHANGES: [part: string, claim: Partial<RequestClaim>, request: Partial<SignedRequest>][] = [
  ['method', {}, { method: 'PUT' }],
  ["method's letter case", {}, { method: 'post' }],
  ['path', {}, { path: '/agent/idlf?a=1' }],
  ['query', {}, { path: '/agent/idle?a=2' }],
  ["path's escapes", {}, { path: '/agent/idle?%61=1' }],
  ['environment', { environmentId: 6 }, {}],
  ['instance', { instanceId: randomUUID() }, {}],
  ['time', { timeMs: SAID.timeMs + 1 }, {}],
  ['body', {}, { body: Buffer.from('{"a":2}') }],
  ["body's length", {}, { body: Buffer.from('{"a":1} ') }],
  ['body, now empty', {}, { body: new Uint8Array() }],
];

for (const [part, changedClaim, changedRequest] of CHANGES) {
  test(`request signature: does not hold for another ${part}`, (t) => {
    const read = parseAuthorization(signRequest(SECRET, SAID, CALL));
    t.true(verifyRequest(SECRET, read, CALL));
    t.false(verifyRequest(SECRET, { ...read, ...changedClaim }, { ...CALL, ...changedRequest }));
  });
}

test("request signature: the head is verified without the body, another body's hash is not", (t) => {
  const { method, path } = CALL;
  const read = parseAuthorization(signRequest(SECRET, SAID, CALL));
  const other = parseAuthorization(signRequest(SECRET, SAID, { method, path, body: Buffer.from('x') }));
  t.true(verifyHead(SECRET, read, { method, path }));
  t.true(verifyBody(read, CALL.body));
  t.false(verifyBody(other, CALL.body));
  t.false(verifyHead(SECRET, { ...read, bodyHash: other.bodyHash }, { method, path }));
  t.false(verifyHead(randomBytes(32), read, { method, path }));
});

test('request signature: the hash of an empty body is signed and left out; a header with it is accepted', (t) => {
  const call = { method: 'GET', path: '/agent/check-in', body: new Uint8Array() };
  const short = signRequest(SECRET, SAID, call);
  t.notRegex(short, /body=/);
  const long = short.replace(', mac=', `, body=${EMPTY}, mac=`);
  t.deepEqual(parseAuthorization(long), parseAuthorization(short));
  t.true(verifyRequest(SECRET, parseAuthorization(short), call));
});

test('request signature: without its hash no body but the empty one is accepted', (t) => {
  const read = parseAuthorization(GOOD.replace(/, body=[^,]*/, ''));
  t.false(verifyHead(SECRET, read, CALL));
  t.false(verifyBody(read, CALL.body));
});

test('request signature: does not hold under another key', (t) => {
  const read = parseAuthorization(signRequest(SECRET, SAID, CALL));
  t.false(verifyRequest(randomBytes(32), read, CALL));
  t.false(verifyRequest(new Uint8Array(), read, CALL));
});

test('request signature: one changed bit anywhere in the MAC is refused', (t) => {
  const read = parseAuthorization(signRequest(SECRET, SAID, CALL));
  for (let bit = 0; bit < 256; bit++) {
    const mac = Buffer.from(read.mac, 'base64url');
    mac[bit >> 3] = (mac[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.false(verifyRequest(SECRET, { ...read, mac: mac.toString('base64url') }, CALL));
  }
});

for (const length of [0, 1, 31, 33, 64]) {
  test(`request signature: a MAC of ${length} bytes is refused without throwing`, (t) => {
    const good = parseAuthorization(signRequest(SECRET, SAID, CALL));
    const mac = Buffer.concat([Buffer.from(good.mac, 'base64url'), Buffer.alloc(64)]).subarray(0, length);
    t.false(verifyRequest(SECRET, { ...good, mac: mac.toString('base64url') }, CALL));
  });
}

const GOOD = signRequest(SECRET, SAID, CALL);
const { mac: MAC, bodyHash: HASH } = parseAuthorization(GOOD);
const EMPTY = createHash('sha256').digest('base64url');
const MALFORMED: [title: string, header: string | undefined][] = [
  ['nothing', undefined],
  ['an empty header', ''],
  ['another scheme', GOOD.replace('Fairlead', 'Bearer')],
  ['another letter case of the scheme', GOOD.replace('Fairlead', 'fairlead')],
  ['a header without MAC', GOOD.replace(/, mac=.*/, '')],
  ['an empty MAC', GOOD.replace(/mac=.*/, 'mac=')],
  ['a MAC one character short', GOOD.slice(0, -1)],
  ['a MAC one character long', `${GOOD}A`],
  ['a padded MAC', `${GOOD}=`],
  ['a MAC with spare bits', GOOD.replace(MAC, `${'A'.repeat(42)}B`)],
  ['a MAC in the standard alphabet', GOOD.replace(MAC, `${'+'.repeat(42)}A`)],
  ['an empty hash of the body', GOOD.replace(HASH, '')],
  ['a hash with spare bits', GOOD.replace(HASH, `${'A'.repeat(42)}B`)],
  ['a hash in hexadecimal', GOOD.replace(HASH, 'a'.repeat(64))],
  ['environment 0', GOOD.replace('env=5', 'env=0')],
  ['a leading zero', GOOD.replace('env=5', 'env=05')],
  ['an environment past 15 digits', GOOD.replace('env=5', `env=${'9'.repeat(16)}`)],
  ['a negative time', GOOD.replace('time=', 'time=-')],
  ['a time with a leading zero', GOOD.replace('time=', 'time=0')],
  ['a time with a fraction', GOOD.replace(/time=(\d+)/, 'time=$1.5')],
  ['a time past 15 digits', GOOD.replace(/time=\d+/, `time=${'1'.repeat(16)}`)],
  ['an instance in capitals', GOOD.replace(SAID.instanceId, '7D0D9C8E-52D2-4F6E-8B39-0C3A4F1E2D5B')],
  ['an instance that is no UUID', GOOD.replace(SAID.instanceId, '-'.repeat(36))],
  ['a repeated part', GOOD.replace('env=5', 'env=5, env=6')],
  ['parts in another order', GOOD.replace(/(env=5), (instance=[^,]+)/, '$2, $1')],
  ['an unknown part', `${GOOD}, x=1`],
  ['a second line', `${GOOD}\n${GOOD}`],
  ['a line end', `${GOOD}\n`],
  ['two headers joined', `${GOOD}, ${GOOD}`],
  ['a giant header', `${GOOD}${'A'.repeat(10_000_000)}`],
];

for (const [title, header] of MALFORMED) {
  test(`request signature: ${title} gets the same answer as any unknown caller`, (t) => {
    const error = t.throws(() => parseAuthorization(header), {
      instanceOf: Problem,
      code: 'agent-unauthorized',
    });
    t.is(error.status, 401);
    t.is(error.message, unauthorized().message);
    t.is(error.members, undefined);
    t.is(error.cause, undefined);
  });
}

test('request signature: any text is read or refused with that answer, and one claim has one text', (t) => {
  const near = fc.tuple(fc.nat(GOOD.length), fc.nat(3), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (value) => {
      const header =
        typeof value === 'string'
          ? value
          : GOOD.slice(0, value[0]) + value[2] + GOOD.slice(value[0] + value[1]);
      try {
        const read = parseAuthorization(header);
        const written = `Fairlead env=${read.environmentId}, instance=${read.instanceId}, time=${read.timeMs}, body=${read.bodyHash}, mac=${read.mac}`;
        // Left out, it is the hash of an empty body.
        t.is(
          written,
          header.includes(', body=') ? header : header.replace(', mac=', `, body=${EMPTY}, mac=`),
        );
        for (const text of [read.bodyHash, read.mac]) {
          t.is(Buffer.from(text, 'base64url').toString('base64url'), text);
        }
      } catch (error) {
        t.true(error instanceof Problem && error.code === 'agent-unauthorized');
      }
    }),
    { numRuns: 2000 },
  );
});
