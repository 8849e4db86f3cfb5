import test from 'ava';
import fc from 'fast-check';
import { encodeEdgeKey, parseEdgeKey } from '../../../protocol/crypto/edge-key.js';
import { Problem } from '../../../protocol/problems.js';
import { GOOD, KEY, pack } from './sample-edge-key.js';

const NOT_BASE64 = /it is not base64$/;
const UNREADABLE: [title: string, value: unknown, reason: RegExp][] = [
  ['nothing', undefined, NOT_BASE64],
  ['a number', 5, NOT_BASE64],
  ['an object', { toString: () => pack(...GOOD) }, NOT_BASE64],
  ['an empty text', '', NOT_BASE64],
  ['white space', ' \n', NOT_BASE64],
  ['a broken line', pack(...GOOD).replace(/^(.{40})/, '$1\n'), NOT_BASE64],
  [
    'the URL-safe alphabet',
    pack('https://h/??>>', ...GOOD.slice(1))
      .replace(/[+/]/g, '-')
      .concat('_'),
    NOT_BASE64,
  ],
  ['padding in the middle', `aGVs=bG8${pack(...GOOD)}`, NOT_BASE64],
  ['three padding characters', `${pack(...GOOD).replace(/=*$/, '')}===`, NOT_BASE64],
  ['a NUL around it', `\0${pack(...GOOD)}`, NOT_BASE64],
  ['a single left-over character', `${Buffer.from('abc').toString('base64')}A`, NOT_BASE64],
  ['spare bits that are not zero', 'YQ'.replace('Q', 'R'), NOT_BASE64],
  ['a giant text', 'A'.repeat(64 * 1024 * 1024), NOT_BASE64],
  ['a text just over the bound', 'A'.repeat(4097), NOT_BASE64],
  [
    'bytes that are not UTF-8',
    Buffer.from([0x68, 0xff, 0xfe, 0x7c]).toString('base64'),
    /it is not UTF-8 text$/,
  ],
  ['an overlong UTF-8 form', Buffer.from([0xc0, 0xaf, 0x7c]).toString('base64'), /it is not UTF-8 text$/],
  ['three parts', pack(...GOOD.slice(0, 3)), /it does not have four parts$/],
  ['a fifth part', pack(...GOOD, 'future'), /it does not have four parts$/],
  ['an empty fifth part', pack(...GOOD, ''), /it does not have four parts$/],
  ['an empty part', pack('', ...GOOD.slice(1)), /it does not have four parts$/],
  ['a pipe in the URL', pack(`${GOOD[0]}|x`, ...GOOD.slice(1)), /it does not have four parts$/],
  ['a URL of another scheme', pack('ftp://hub.example', ...GOOD.slice(1)), /its URL is not http\(s\)$/],
  ['a relative URL', pack('/edge', ...GOOD.slice(1)), /its URL is not http\(s\)$/],
  ['a NUL in the URL', pack('https://hub.example/\0', ...GOOD.slice(1)), /its URL is not http\(s\)$/],
  ['a password in the URL', pack('https://a:b@h/edge', ...GOOD.slice(1)), /its URL carries credentials/],
  ['a port of 0', pack(GOOD[0], 'hub.example:0', GOOD[2], GOOD[3]), /its tunnel address is not host:port$/],
  ['no port', pack(GOOD[0], 'hub.example', GOOD[2], GOOD[3]), /its tunnel address is not host:port$/],
  [
    'a NUL in the address',
    pack(GOOD[0], 'hub\0:8000', GOOD[2], GOOD[3]),
    /its tunnel address is not host:port$/,
  ],
  [
    'a fingerprint as ssh-keygen prints it',
    pack(GOOD[0], GOOD[1], `SHA256:${'A'.repeat(43)}`, GOOD[3]),
    /its fingerprint is not a base64 SHA-256$/,
  ],
  [
    'a fingerprint without padding',
    pack(GOOD[0], GOOD[1], 'A'.repeat(43), GOOD[3]),
    /its fingerprint is not/,
  ],
  [
    'a fingerprint with spare bits',
    pack(GOOD[0], GOOD[1], `${'A'.repeat(42)}B=`, GOOD[3]),
    /its fingerprint is not/,
  ],
  [
    'a fingerprint of SHA-1',
    pack(GOOD[0], GOOD[1], Buffer.alloc(20).toString('base64'), GOOD[3]),
    /its fingerprint is/,
  ],
  [
    'environment 0',
    pack(GOOD[0], GOOD[1], GOOD[2], `0.${KEY.secret}`),
    /its environment key is not <id>\.<secret>$/,
  ],
  [
    'a negative environment',
    pack(GOOD[0], GOOD[1], GOOD[2], `-1.${KEY.secret}`),
    /its environment key is not/,
  ],
  [
    'an environment id with a leading zero',
    pack(GOOD[0], GOOD[1], GOOD[2], `05.${KEY.secret}`),
    /its environment key is/,
  ],
  [
    'an id past 15 digits',
    pack(GOOD[0], GOOD[1], GOOD[2], `1${'0'.repeat(15)}.${KEY.secret}`),
    /its environment key is/,
  ],
  ['no secret', pack(GOOD[0], GOOD[1], GOOD[2], '5'), /its environment key is not/],
  [
    'a secret under 128 bits',
    pack(GOOD[0], GOOD[1], GOOD[2], `5.${'a'.repeat(21)}`),
    /its environment key is not/,
  ],
  [
    'a secret past 256 characters',
    pack(GOOD[0], GOOD[1], GOOD[2], `5.${'a'.repeat(257)}`),
    /its environment key is/,
  ],
  [
    'a third field behind the secret',
    pack(GOOD[0], GOOD[1], GOOD[2], `5.${KEY.secret}.x`),
    /its environment key is/,
  ],
  [
    'a line end behind the secret',
    pack(GOOD[0], GOOD[1], GOOD[2], `5.${KEY.secret}\n`),
    /its environment key is/,
  ],
];

for (const [title, value, reason] of UNREADABLE) {
  test(`edge key: rejects ${title}`, (t) => {
    const error = t.throws(() => parseEdgeKey(value), { instanceOf: Problem, code: 'edge-key-malformed' });
    t.is(error.status, 400);
    t.regex(error.message, reason);
  });
}

test('edge key: a refusal never repeats a part of the key', (t) => {
  const markers = ['marker-url', 'marker-address', 'marker-print', 'marker-secret'];
  for (let bad = 0; bad < markers.length; bad++) {
    const parts: string[] = [...GOOD];
    parts[bad] = markers[bad] ?? '';
    const error = t.throws(() => parseEdgeKey(pack(...parts)), { code: 'edge-key-malformed' });
    t.false(error.message.includes('marker'));
    t.false(error.message.includes(KEY.secret));
  }
});

test('edge key: any text is read whole or refused with its code', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.base64String(),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64')),
        fc.array(fc.string(), { minLength: 4, maxLength: 4 }).map((parts) => pack(...parts)),
      ),
      (value) => {
        try {
          const key = parseEdgeKey(value);
          t.deepEqual(parseEdgeKey(encodeEdgeKey(key)), key);
        } catch (error) {
          t.true(error instanceof Problem && error.code === 'edge-key-malformed');
        }
      },
    ),
    { numRuns: 2000 },
  );
});
