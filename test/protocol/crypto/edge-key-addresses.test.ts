import test from 'ava';
import fc from 'fast-check';
import { parseApiUrl, parseTunnelAddress, splitHostPort } from '../../../protocol/crypto/edge-key.js';
import { Problem } from '../../../protocol/problems.js';

const URLS: [given: string, written: string][] = [
  ['https://hub.example', 'https://hub.example'],
  ['https://hub.example/', 'https://hub.example'],
  ['HTTPS://Hub.Example:443/Edge//', 'https://hub.example/Edge'],
  ['http://hub.example:80/edge', 'http://hub.example/edge'],
  ['https://hub.example:9443/a/../edge', 'https://hub.example:9443/edge'],
  ['https://[0:0::1]:9443/edge', 'https://[::1]:9443/edge'],
  ['https://0x7f.1/edge', 'https://127.0.0.1/edge'],
  ['https://hub_1.example/edge', 'https://hub_1.example/edge'],
  ['https://hub.example/a b', 'https://hub.example/a%20b'],
  ['https://hub.example/%7C', 'https://hub.example/%7C'],
];

for (const [given, written] of URLS) {
  test(`API URL: ${given} becomes ${written}`, (t) => {
    t.is(parseApiUrl(given), written);
    t.is(parseApiUrl(written), written);
  });
}

const BAD_URLS = [
  '',
  'hub.example',
  '//hub.example',
  'ws://hub.example',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://',
  'https://user@hub.example',
  'https://:secret@hub.example',
  'https://hub.example/?a=b',
  'https://hub.example/#top',
  'https://hub.example/a|b',
  "https://hub.example/a'b",
  'https://hub.example/$HOME',
  'https://$(id)/',
  "https://a'b/",
  'https://a;b/',
  'https://*/',
  'https://hub.example:65536/',
  'https://hub.example/a\nb',
  '\0https://hub.example',
  'https://hub.example/\u007f',
  'https://hub.\texample/',
];

for (const value of BAD_URLS) {
  test(`API URL: rejects ${JSON.stringify(value)}`, (t) => {
    const error = t.throws(() => parseApiUrl(value), { instanceOf: Problem, code: 'edge-key-malformed' });
    t.is(error.status, 400);
  });
}

test('API URL: whatever is accepted is stable and free of what a shell or the Edge key could misread', (t) => {
  const value = fc.tuple(fc.constantFrom('https://', 'http://', 'https:', ''), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(value, ([scheme, rest]) => {
      let written: string;
      try {
        written = parseApiUrl(scheme + rest);
      } catch (error) {
        t.true(error instanceof Problem);
        return;
      }
      t.is(parseApiUrl(written), written);
      t.regex(written, /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?(?:\/[!-~]*)?$/);
      t.notRegex(written, /[|\s'"`$\\?#@]/);
    }),
    { numRuns: 2000 },
  );
});

const ADDRESSES: [given: string, host: string, port: number, written: string][] = [
  ['hub.example:8000', 'hub.example', 8000, 'hub.example:8000'],
  ['HUB.example:1', 'hub.example', 1, 'hub.example:1'],
  ['10.0.0.7:65535', '10.0.0.7', 65_535, '10.0.0.7:65535'],
  ['hub.example:443', 'hub.example', 443, 'hub.example:443'],
  ['[::1]:8000', '::1', 8000, '[::1]:8000'],
  ['[2001:DB8:0:0::7]:443', '2001:db8::7', 443, '[2001:db8::7]:443'],
  ['[::ffff:10.0.0.7]:8000', '::ffff:a00:7', 8000, '[::ffff:a00:7]:8000'],
  ['hub_1:08000', 'hub_1', 8000, 'hub_1:8000'],
];

for (const [given, host, port, written] of ADDRESSES) {
  test(`tunnel address: ${given} is ${host} and ${port}`, (t) => {
    t.deepEqual(splitHostPort(given), { host, port });
    t.is(parseTunnelAddress(given), written);
    t.is(parseTunnelAddress(written), written);
  });
}

const BAD_ADDRESSES = [
  '',
  ':8000',
  'hub.example',
  'hub.example:',
  'hub.example:0',
  'hub.example:65536',
  'hub.example:-1',
  'hub.example:80a',
  'hub.example:100000',
  'hub.example:443:8000',
  '::1:8000',
  '[::1]',
  '[::1:8000',
  '::1]:8000',
  '[hub.example]:8000',
  '[10.0.0.7]:8000',
  '[fe80::1%eth0]:8000',
  'https://hub.example:8000',
  'hub.example/x:8000',
  'user@hub.example:8000',
  'hub example:8000',
  'hub.example:8000\n',
  '\u0001hub:8000',
  'a|b:8000',
  'a;b:8000',
  '$(id):8000',
  '*:8000',
  '256.1.1.1:8000',
];

for (const value of BAD_ADDRESSES) {
  test(`tunnel address: rejects ${JSON.stringify(value)}`, (t) => {
    t.throws(() => splitHostPort(value), { instanceOf: Problem, code: 'edge-key-malformed' });
    t.throws(() => parseTunnelAddress(value), { instanceOf: Problem, code: 'edge-key-malformed' });
  });
}

test('tunnel address: whatever is accepted is stable and names one host and one port', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(70_000), (host, port) => {
      let written: string;
      try {
        written = parseTunnelAddress(`${host}:${port}`);
      } catch (error) {
        t.true(error instanceof Problem);
        return;
      }
      t.is(parseTunnelAddress(written), written);
      t.is(splitHostPort(written).port, port);
      t.regex(written, /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\]):[0-9]+$/);
    }),
    { numRuns: 2000 },
  );
});

test('address: a URL of many slashes is read in time that grows with its length, or refused', (t) => {
  const began = performance.now();
  const slashes = '/'.repeat(4_000);
  for (let round = 0; round < 100; round++) t.throws(() => parseApiUrl(`https://hub${'/'.repeat(60_000)}x`));
  t.is(parseApiUrl(`https://hub/x${slashes}`), 'https://hub/x');
  t.is(parseApiUrl(`https://hub${slashes}x`), `https://hub${slashes}x`);
  // Quadratic, it is seconds each.
  t.true(performance.now() - began < 10_000);
});
