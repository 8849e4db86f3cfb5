import test from 'ava';
import fc from 'fast-check';
import { parseDockerPath } from '../../../../plugin/server-hooks/docker/path.js';
import { preferredWait } from '../../../../plugin/server-hooks/http/preferred-wait.js';
import { parseJsonBytes } from '../../../../plugin/server-hooks/http/read-body.js';
import { relativeUrl } from '../../../../plugin/server-hooks/http/relative-url.js';
import { parseDockerCall } from '../../../../plugin/server-hooks/routes/docker.js';
import { decodeCursor } from '../../../../plugin/server-hooks/views/list/cursor.js';
import { parseListQuery } from '../../../../plugin/server-hooks/views/list/query.js';
import { verifyMessage } from '../../../../plugin/server-hooks/webhooks/verify-message.js';
import { codeOf } from '../../../../protocol/problems.js';

/** Text rich in characters that matter to paths. */
const pathText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2e',
        '%2F',
        '%5c',
        '\\',
        '%',
        '%00',
        '?',
        '#',
        ';',
        'v1.41',
        'a',
        '%ff',
        '%c3%a9',
      ),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), pathText);

/** The value, or the code it is refused with. */
function outcome<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return codeOf(error);
  }
}

/** Decoded once, one character a byte. */
const unescapeBytes = (text: string) =>
  text.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

test('docker path: an accepted path means the same to every URL parser', (t) => {
  fc.assert(
    fc.property(
      pathText.map((text) => `/${text}`),
      (raw) => {
        const path = outcome(() => parseDockerPath(raw));
        if (typeof path === 'string') return path === 'bad-docker-path';
        const { pathname } = new URL(`http://engine${raw}`);
        // The WHATWG URL treats a backslash as a slash and cuts at `#`; an engine does neither.
        const decoded = unescapeBytes(raw.split('?')[0] ?? '');
        if (!/[\\#\x80-\xff]/.test(raw)) t.is(unescapeBytes(pathname), decoded);
        const read = decoded.slice(1).split('/');
        if (read.at(-1) === '') read.pop();
        t.deepEqual(path.segments, /^v[0-9.]+$/.test(read[0] ?? '') ? read.slice(1) : read);
        return path.raw === raw && path.segments.every((segment) => !/^\.{0,2}$/.test(segment));
      },
    ),
    { numRuns: 2_000 },
  );
  t.pass();
});

test('docker call: an address is accepted or refused, and its path is passed unchanged', (t) => {
  fc.assert(
    fc.property(anyText, anyText, (id, rest) => {
      const url = `/api/environments/${id}/docker/${rest}`;
      const call = parseDockerCall(url);
      if (call === null) return true;
      const isId = call.environmentId === null || /^[1-9][0-9]{0,14}$/.test(String(call.environmentId));
      return isId && url.endsWith(call.path) && call.path.startsWith('/');
    }),
    { numRuns: 1_000 },
  );
  t.like(parseDockerCall('/api/environments/7/docker/_ping'), { environmentId: 7, path: '/_ping' });
});

test('relative URL: is exactly the rest after the mount', (t) => {
  fc.assert(
    fc.property(fc.constantFrom('/edge', '/a/b', ''), anyText, (mount, rest) => {
      t.is(relativeUrl(`${mount}/${rest}`, undefined, mount), `/${rest}`);
      const other = relativeUrl(rest, undefined, '/edge');
      return other === null || (rest.startsWith('/edge') && other.startsWith('/'));
    }),
    { numRuns: 1_000 },
  );
});

test('Prefer: any text gives a wait of 0 to 99,999 whole seconds', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyText,
        anyText.map((text) => `wait=${text}`),
        fc.nat().map((n) => `wait=${n}`),
      ),
      (text) => {
        const seconds = preferredWait(text);
        return Number.isInteger(seconds) && seconds >= 0 && seconds <= 99_999;
      },
    ),
    { numRuns: 1_000 },
  );
  for (const [text, seconds] of [
    ['wait=50', 50],
    ['respond-async, wait=50', 50],
    ['respond-async; WAIT = "7"', 7],
    ['await=50', 0],
    ['', 0],
  ] as const) {
    t.is(preferredWait(text), seconds, text);
  }
});

test('JSON: any bytes are a value or body-not-json, and written values are read back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const value = outcome(() => parseJsonBytes(Buffer.from(bytes)));
      return bytes.length === 0 ? value === undefined : value !== undefined;
    }),
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      t.deepEqual(parseJsonBytes(Buffer.from(text)), JSON.parse(text));
    }),
  );
});

test('cursor: any text is a position in that list or cursor-invalid', (t) => {
  const query = parseListQuery({ sort: 'name', limit: 100, offset: 0 });
  const tuple = fc.json().map((text) => Buffer.from(text).toString('base64url'));
  fc.assert(
    fc.property(
      fc.oneof(anyText, tuple),
      (cursor) => outcome(() => decodeCursor(query, cursor)) === 'cursor-invalid',
    ),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('webhook: any headers and bytes without the secret are webhook-unauthorized', (t) => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const header = fc.option(
    fc.oneof(
      anyText,
      fc.constantFrom('v1,', 'v1', 'v1,AAAA v1,', ', ,', 'v1a,x', '1', String((Date.now() / 1_000) | 0)),
    ),
    { nil: undefined },
  );
  const headers = fc.record({
    'webhook-id': header,
    'webhook-timestamp': header,
    'webhook-signature': header,
  });
  fc.assert(
    fc.property(headers, fc.uint8Array(), (given, bytes) => {
      const code = outcome(() => verifyMessage([secret], { headers: given, bytes: Buffer.from(bytes) }));
      return code === 'webhook-unauthorized';
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});
