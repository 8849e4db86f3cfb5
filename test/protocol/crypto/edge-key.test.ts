import test from 'ava';
import fc from 'fast-check';
import { type EdgeKey, encodeEdgeKey, parseEdgeKey } from '../../../protocol/crypto/edge-key.js';
import { GOOD, KEY, pack } from './sample-edge-key.js';

const label = fc
  .stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/)
  .filter((name) => !name.startsWith('xn--'));
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const ipv4 = fc.ipV4();
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname);
const host = fc.oneof(name, ipv4, ipv6);
const port = fc.integer({ min: 1, max: 65_535 });
const path = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,12}$/), { maxLength: 4 })
  .map((segments) => segments.map((segment) => `/${segment}`).join(''));
const edgeKey: fc.Arbitrary<EdgeKey> = fc.record({
  apiUrl: fc
    .tuple(fc.constantFrom('https', 'http'), host, fc.option(port), path)
    // `new URL` drops the scheme's own port, as the parser does.
    .map(
      ([scheme, at, number, mount]) =>
        new URL(`${scheme}://${at}${number ? `:${number}` : ''}`).origin + mount,
    ),
  tunnelAddress: fc.option(fc.tuple(host, port).map(([at, number]) => `${at}:${number}`)),
  fingerprint: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64')),
  environmentId: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  secret: fc
    .uint8Array({ minLength: 17, maxLength: 64 })
    .map((bytes) => Buffer.from(bytes).toString('base64url')),
});

test('edge key: every valid key survives the round trip, without padding', (t) => {
  fc.assert(
    fc.property(edgeKey, (key) => {
      const text = encodeEdgeKey(key);
      t.regex(text, /^[A-Za-z0-9+/]+$/);
      t.deepEqual({ ...parseEdgeKey(text) }, { ...key });
    }),
    { numRuns: 500 },
  );
});

test('edge key: padding and surrounding white space change nothing', (t) => {
  fc.assert(
    fc.property(edgeKey, fc.stringMatching(/^[ \t\r\n]{0,4}$/), (key, space) => {
      const padded = Buffer.from(encodeEdgeKey(key), 'base64').toString('base64');
      t.deepEqual({ ...parseEdgeKey(`${space}${padded}${space}`) }, { ...key });
    }),
  );
});

test('edge key: the parsed key is frozen', (t) => {
  t.true(Object.isFrozen(parseEdgeKey(pack(...GOOD))));
});

const READABLE: [title: string, parts: string[], expected: Partial<EdgeKey>][] = [
  [
    'an IPv6 hub',
    ['https://[2001:DB8::1]:9443/edge', '[2001:DB8:0::1]:8000', GOOD[2], GOOD[3]],
    { apiUrl: 'https://[2001:db8::1]:9443/edge', tunnelAddress: '[2001:db8::1]:8000' },
  ],
  [
    'a deep mount path',
    ['https://h/a/b.c/edge/', GOOD[1], GOOD[2], GOOD[3]],
    { apiUrl: 'https://h/a/b.c/edge' },
  ],
  [
    'a clear-text URL',
    ['http://10.0.0.7:9443', GOOD[1], GOOD[2], GOOD[3]],
    { apiUrl: 'http://10.0.0.7:9443' },
  ],
  [
    'a name beyond ASCII, as Punycode',
    ['https://hüb.example', 'hüb.example:1', GOOD[2], GOOD[3]],
    { apiUrl: 'https://xn--hb-xka.example', tunnelAddress: 'xn--hb-xka.example:1' },
  ],
  ['a hub without a tunnel port', [GOOD[0], 'none', GOOD[2], GOOD[3]], { tunnelAddress: null }],
  ['a secret of 128 bits', [GOOD[0], GOOD[1], GOOD[2], `1.${'a'.repeat(22)}`], { secret: 'a'.repeat(22) }],
  [
    'the largest environment id',
    [GOOD[0], GOOD[1], GOOD[2], `999999999999999.${KEY.secret}`],
    { environmentId: 999_999_999_999_999 },
  ],
];

for (const [title, parts, expected] of READABLE) {
  test(`edge key: reads ${title}`, (t) => {
    t.like(parseEdgeKey(pack(...parts)), expected);
  });
}

const UNWRITABLE: [title: string, change: Partial<EdgeKey>][] = [
  ['a pipe in the URL', { apiUrl: 'https://hub.example/a|b' }],
  ['a secret that is too short', { secret: 'short' }],
  ['an environment id that is no integer', { environmentId: 1.5 }],
  ['more than an agent reads', { apiUrl: `https://hub.example/${'a'.repeat(4000)}` }],
];

for (const [title, change] of UNWRITABLE) {
  test(`edge key: is not written with ${title}`, (t) => {
    t.throws(() => encodeEdgeKey({ ...KEY, ...change }), { code: 'edge-key-malformed' });
  });
}
