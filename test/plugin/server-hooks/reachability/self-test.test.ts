import test from 'ava';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startListener } from '../../../kit/tunnel/listener.js';
import { AUTHORITY, startPlainApi, startSelfTest, startSilent } from './self-test-world.js';

const KNOWN = { knownAuthorities: [AUTHORITY.certificate] };
/** The tunnel of these tests, which is on this machine. */
const FINE = ['hub-loopback', null, null];
const HERE = 'hub-loopback';
const YEAR_MS = 365 * 24 * 3_600_000;

test('self-test: a hub with a trusted certificate passes every check', async (t) => {
  const world = await startSelfTest(t, KNOWN);
  const port = await world.startApi();
  t.deepEqual(await world.codes(`https://localhost:${port}/edge`), [HERE, null, null, null, ...FINE]);
});

test('self-test: a certificate that agents do not trust is reported, and the hub is still found', async (t) => {
  for (const ownAuthority of [undefined, AUTHORITY.certificate]) {
    const world = await startSelfTest(t, { ownAuthority });
    const port = await world.startApi();
    const expected = [HERE, null, 'hub-certificate-untrusted', null, ...FINE];
    t.deepEqual(await world.codes(`https://localhost:${port}/edge`), expected);
  }
});

test('self-test: wrong names and dates of a certificate are reported, with the hub’s own CA too', async (t) => {
  for (const options of [KNOWN, { ownAuthority: AUTHORITY.certificate }]) {
    const world = await startSelfTest(t, options);
    const other = await world.startApi({ names: ['other.test'] });
    const named = [HERE, null, 'hub-certificate-name', null, ...FINE];
    t.deepEqual(await world.codes(`https://localhost:${other}/edge`), named);
    const old = await world.startApi({ issuedAtMs: Date.now() - 2 * YEAR_MS });
    const expired = [HERE, null, 'hub-certificate-expired', null, ...FINE];
    t.deepEqual(await world.codes(`https://localhost:${old}/edge`), expired);
  }
});

test('self-test: without TLS it reports that and continues', async (t) => {
  const world = await startSelfTest(t);
  const port = await startPlainApi(t, (_req, res) => res.end('{}'));
  const expected = [HERE, null, 'cleartext', 'hub-answer-malformed', ...FINE];
  t.deepEqual(await world.codes(`http://127.0.0.1:${port}/edge`), expected);
  const secure = [HERE, null, 'hub-not-tls', '-', ...FINE];
  t.deepEqual(await world.codes(`https://127.0.0.1:${port}/edge`), secure);
});

test('self-test: an unreachable address skips its remaining checks', async (t) => {
  const world = await startSelfTest(t);
  const stopped = await startListener(t);
  stopped.listener.stop();
  const refused = await world.codes(`https://127.0.0.1:${stopped.port}/edge`, `127.0.0.1:${stopped.port}`);
  t.deepEqual(refused, [HERE, 'hub-refused', '-', '-', HERE, 'hub-refused', '-']);
  const nowhere = `${'a'.repeat(64)}.invalid`;
  const unknown = await world.codes(`https://${nowhere}/edge`, `${nowhere}:8000`);
  t.deepEqual(unknown, ['hub-dns', '-', '-', '-', 'hub-dns', '-', '-']);
});

test('self-test: addresses that no agent can use are not connected to', async (t) => {
  const world = await startSelfTest(t);
  const hosts = ['169.254.169.254', '0.0.0.0', '239.1.1.1', '[fe80::1]', '[::]', '[::ffff:169.254.169.254]'];
  for (const host of hosts) {
    const codes = await world.codes(`http://${host}/edge`, `${host}:8000`);
    t.deepEqual(codes, ['address-not-tested', '-', '-', '-', 'address-not-tested', '-', '-'], host);
  }
});

test('self-test: another server is not mistaken for the hub, and a redirect is not followed', async (t) => {
  const world = await startSelfTest(t, KNOWN);
  let hits = 0;
  const elsewhere = await startPlainApi(t, (_req, res) => {
    hits += 1;
    res.end();
  });
  const answers = [
    [200, 'hello', 'hub-answer-malformed'],
    [200, JSON.stringify({ answer: 'guessed' }), 'hub-answer-malformed'],
    [200, 'x'.repeat(100_000), 'hub-answer-malformed'],
    [302, '', 'hub-answer-malformed'],
    [401, JSON.stringify({ code: 'agent-unauthorized' }), 'hub-other'],
  ] as const;
  for (const [status, body, code] of answers) {
    const location = `http://127.0.0.1:${elsewhere}/`;
    const port = await world.startApi({
      answer: (_req, res) => res.writeHead(status, { location }).end(body),
    });
    const expected = [HERE, null, null, code, ...FINE];
    t.deepEqual(await world.codes(`https://localhost:${port}/edge`), expected, code);
  }
  t.is(hits, 0);
});

test('self-test: a hub that is not below the path is not found', async (t) => {
  const world = await startSelfTest(t, KNOWN);
  const port = await world.startApi();
  const expected = [HERE, null, null, 'hub-answer-malformed', ...FINE];
  t.deepEqual(await world.codes(`https://localhost:${port}/elsewhere`), expected);
});

test('self-test: only the tunnel port of this hub passes', async (t) => {
  const world = await startSelfTest(t, KNOWN);
  const port = await world.startApi();
  const other = await startListener(t);
  const plain = await startPlainApi(t, (_req, res) => res.end());
  const places = [
    [other.port, 'tunnel-fingerprint-mismatch'],
    [port, 'tunnel-handshake'],
    [plain, 'tunnel-handshake'],
  ] as const;
  for (const [at, code] of places) {
    const codes = await world.codes(`https://localhost:${port}/edge`, `127.0.0.1:${at}`);
    t.deepEqual(codes.slice(4), [HERE, null, code]);
  }
});

test('self-test: a silent server ends at the deadline, and leaves nothing waiting', async (t) => {
  const clock = new FakeClock();
  const world = await startSelfTest(t, { clock });
  const [api, tunnel] = [await startSilent(t), await startSilent(t)];
  const asked = world.codes(`https://127.0.0.1:${api.port}/edge`, `127.0.0.1:${tunnel.port}`);
  await Promise.all([api.spokenTo, tunnel.spokenTo]);
  clock.advance(10_000);
  const late = 'hub-unreachable';
  t.deepEqual(await asked, [HERE, null, late, '-', ...FINE.slice(0, 2), late]);
  t.is(clock.pending, 0);
});

test('self-test: a slow answer is cut at the deadline', async (t) => {
  const clock = new FakeClock();
  const world = await startSelfTest(t, { ...KNOWN, clock });
  let begun: (value?: unknown) => void = () => undefined;
  const dripping = new Promise((resolve) => {
    begun = resolve;
  });
  const port = await world.startApi({ answer: (_req, res) => res.write('{', () => begun()) });
  const asked = world.codes(`https://localhost:${port}/edge`);
  await dripping;
  clock.advance(10_000);
  t.deepEqual((await asked).slice(0, 4), [HERE, null, null, 'hub-unreachable']);
});

test('self-test: runs ten times a minute', async (t) => {
  const clock = new FakeClock();
  const world = await startSelfTest(t, { clock });
  const run = () => world.codes('http://0.0.0.0/edge', '0.0.0.0:1');
  for (let n = 0; n < 10; n++) await run();
  clock.advance(20_000);
  await t.throwsAsync(run, { code: 'too-many-self-tests' });
  clock.advance(40_000);
  await t.notThrowsAsync(run);
});

test('self-test: a question is answered once, and not after its test', async (t) => {
  const questions: string[] = [];
  const world = await startSelfTest(t, KNOWN);
  const port = await world.startApi({
    answer: (req, res) => {
      questions.push(req.headers.authorization?.split(' ')[1] ?? '');
      res.end();
    },
  });
  await world.codes(`https://localhost:${port}/edge`);
  t.is(questions.length, 1);
  t.is(world.selfTest.answer(questions[0] ?? ''), undefined);
  t.is(world.selfTest.answer(''), undefined);
});
