import test from 'ava';
import fc from 'fast-check';
import { readEngineAddress } from '../../../../agent-image/src/config/engine-address.js';
import { proxyFor } from '../../../../agent-image/src/config/proxy.js';
import type { Variables } from '../../../../agent-image/src/config/variables.js';
import { parseDuration } from '../../../../agent-image/src/config/variables.js';
import { codeOf } from '../../../../protocol/problems.js';

const url = new URL('http://proxy.example:3128');
const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
const part = fc.constantFrom(
  '*',
  '.',
  '*.',
  '/',
  ':',
  '8',
  '32',
  '129',
  '-1',
  '[',
  ']',
  '%eth0',
  'a.example',
  '10.0.0.0',
  '::1',
  'fe80::1',
);
const entry = fc.oneof(
  address,
  fc.array(part).map((parts) => parts.join('')),
  fc.string(),
);

test('duration: any text is whole milliseconds or null, and what is written in units is their sum', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', '0', 'h', 'm', 's', ' ', '-', '.') })),
      (text) => {
        const ms = parseDuration(text);
        return ms === null || (Number.isSafeInteger(ms) && ms >= 0);
      },
    ),
    { numRuns: 1_000 },
  );
  const unit = fc.nat(999_999_999);
  fc.assert(
    fc.property(unit, unit, unit, (h, m, s) => {
      t.is(parseDuration(`${h}h${m}m${s}s`), (h * 3_600 + m * 60 + s) * 1_000);
      t.is(parseDuration(String(s)), s * 1_000);
    }),
  );
});

test('NO_PROXY: any list leads to the proxy or past it, and an entry excludes itself', (t) => {
  fc.assert(
    fc.property(fc.array(entry), address, fc.nat(65_535), (entries, host, port) => {
      const through = proxyFor({ url, noProxy: entries.join(',') }, host, port);
      return through === url || through === null;
    }),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.array(entry), address, fc.nat(65_535), (entries, host, port) => {
      t.is(proxyFor({ url, noProxy: [...entries, host].join(' ') }, host, port), null);
    }),
  );
  t.is(proxyFor({ url, noProxy: '' }, 'hub.example', 443), url);
});

test('DOCKER_HOST: any text is a socket, a host and port, or config-invalid', (t) => {
  const text = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.string().map((rest) => `unix://${rest}`),
    fc.string().map((rest) => `tcp://${rest}`),
    fc
      .webAuthority({ withPort: true, withIPv4: true, withIPv6: true, withUserInfo: true })
      .map((rest) => `tcp://${rest}`),
  );
  fc.assert(
    fc.property(text, (value) => {
      const variables = { text: (name: string) => (name === 'DOCKER_HOST' ? value : null) } as Variables;
      try {
        const engine = readEngineAddress(variables);
        if (engine.kind === 'unix') return engine.path.startsWith('/');
        return engine.host !== '' && !engine.host.includes('@') && engine.port >= 0 && engine.port <= 65_535;
      } catch (error) {
        t.is(codeOf(error), 'config-invalid', value);
        return true;
      }
    }),
    { numRuns: 1_000 },
  );
});
