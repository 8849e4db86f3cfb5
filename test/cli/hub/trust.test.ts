import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeAuthority } from '../../../protocol/certificates/authority.js';
import { serveHttps } from '../../kit/cli/https-server.js';
import { cliUser } from '../../kit/cli/run-cli.js';
import { scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';
import { silentPort } from '../../kit/cli/silent-port.js';
import { until } from '../../kit/until.js';

test('trust: only the certificate with the fingerprint is pinned, not others next to it', async (t) => {
  const real = await makeAuthority(randomBytes);
  // Somebody in between offers the hub's CA first, and their own behind it.
  const { origin, requests } = await serveHttps(
    t,
    (own) => (_req, res) => res.end(`${real.certificate}\n${own}`),
  );
  const user = await cliUser(t);
  const { fingerprint256 } = new X509Certificate(real.certificate);
  const result = await user.run(['login', origin, '--fingerprint', fingerprint256, '--token-stdin'], {
    input: 'flt_secret',
  });
  t.is(result.code, 5);
  t.regex(result.stderr, /not from the authority that this machine trusts/);
  t.deepEqual(
    requests.filter(({ authorization }) => authorization !== undefined),
    [],
  );
});

test('trust: a redirect is not followed, and nothing is stored', async (t) => {
  const other = await serveHttps(t, () => (_req, res) => res.end('{}'));
  const { origin, ca } = await serveHttps(t, (own) => (req, res) => {
    if (req.url === '/edge/api/ca.pem') return void res.end(own);
    res.writeHead(307, { location: `${other.origin}/edge/api/environments` }).end();
  });
  const user = await cliUser(t);
  const { fingerprint256 } = new X509Certificate(ca);
  const args = ['login', origin, '--fingerprint', fingerprint256, '--token-stdin'];
  const result = await user.run(args, { input: 'flt_secret' });
  t.is(result.code, 5);
  t.regex(result.stderr, /redirects to .*\n {2}→ Log in with the address that it redirects to/);
  t.false(result.stderr.includes('flt_secret'));
  t.deepEqual(other.requests, []);
  t.is((await user.run(['env', 'ls'])).code, 3);
});

test('trust: an answer that is not the API’s, and terminal escapes in it, do no harm', async (t) => {
  const { origin, ca } = await serveHttps(t, (own) => (req, res) => {
    if (req.url === '/edge/api/ca.pem') return void res.end(own);
    if (req.headers.authorization === 'Bearer flt_page') return void res.end('<html>sign in</html>');
    res.writeHead(403, { 'content-type': 'application/problem+json' });
    res.end(JSON.stringify({ code: 'x', detail: '\u001b]0;owned\u0007\u009b2Jno' }));
  });
  const user = await cliUser(t);
  const { fingerprint256 } = new X509Certificate(ca);
  const args = ['login', origin, '--fingerprint', fingerprint256, '--token-stdin'];
  const page = await user.run(args, { input: 'flt_page' });
  t.is(page.code, 1);
  t.regex(page.stderr, /does not answer in JSON/);
  const hostile = await user.run(args, { input: 'flt_other' });
  t.is(hostile.code, 3);
  t.is(hostile.stderr, 'fairlead: ]0;owned2Jno\n');
  const json = await user.run([...args, '--json'], { input: 'flt_other' });
  t.is(json.stderr, '{"error":{"message":"\\u001b]0;owned\\u0007\\u009b2Jno","code":"x"}}\n');
});

test('trust: an interrupt ends a call that gets no answer', async (t) => {
  const { origin, ca, requests } = await serveHttps(t, (own) => (req, res) => {
    if (req.url === '/edge/api/ca.pem') res.end(own);
  });
  const user = await cliUser(t);
  const { fingerprint256 } = new X509Certificate(ca);
  const running = user.start(['login', origin, '--fingerprint', fingerprint256, '--token-stdin'], {
    input: 'flt_x',
  });
  await until(
    () => requests.length,
    (count) => count === 3,
  );
  running.signal('SIGINT');
  t.deepEqual(await running.ended, { code: 130, stdout: '', stderr: 'fairlead: Interrupted\n' });
});

test('trust: a login again keeps the pinned CA without a question', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  const again = await user.run(['login', hub.origin, '--password-stdin'], { input: 'password' });
  t.is(again.code, 0, again.stderr);
  t.is((await user.run(['env', 'ls'])).code, 0);
});

test('trust: a login again to a hub with another CA sends nothing, until the user names it', async (t) => {
  const [former, hub] = [await startScriptedHub(t), await startScriptedHub(t)];
  const user = await scriptedUser(t, former);
  const path = join(user.home, '.config/fairlead/hubs.json');
  // Somebody in between, or the hub with a new CA.
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll(former.url, hub.url));
  const again = ['login', hub.origin, '--password-stdin'];
  const refused = await user.run(again, { input: 'password' });
  t.is(refused.code, 5);
  t.regex(refused.stderr, /^fairlead: The CA of .* has changed\n {2}→ .*--fingerprint or --ca/);
  t.deepEqual(hub.calls(), []);
  const { fingerprint256 } = new X509Certificate(hub.ca);
  const named = await user.run([...again, '--fingerprint', fingerprint256], { input: 'password' });
  t.is(named.code, 0, named.stderr);
  t.is((await user.run(['env', 'ls'])).code, 0);
});

test('trust: an interrupt ends a login at a port that says nothing', async (t) => {
  const port = await silentPort(t);
  const user = await cliUser(t);
  const running = user.start(['login', `https://127.0.0.1:${port.number}`, '--token-stdin'], { input: 'x' });
  await port.reached;
  running.signal('SIGINT');
  t.is((await running.ended).code, 130);
});
