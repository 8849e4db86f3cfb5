import { X509Certificate } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cliUser, loggedInUser } from '../../kit/cli/run-cli.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const scope = fileScope();
let started: Promise<Hub> | undefined;
const sharedHub = () => {
  started ??= startHub(scope);
  return started;
};
const fingerprintOf = async ({ dataDir }: Hub) =>
  new X509Certificate(await readFile(join(dataDir, 'host/ca.pem'))).fingerprint256;
const tokenNames = async (hub: Hub) => {
  const { body } = await hub.call<{ tokens: { id: string; name: string }[] }>('GET', '/api/tokens');
  return body.tokens;
};

test.serial('login: without a terminal, an unknown CA is never trusted', async (t) => {
  const hub = await sharedHub();
  const user = await cliUser(t);
  const result = await user.run(['login', hub.origin, '--password-stdin'], { input: hub.password });
  t.is(result.code, 5);
  t.is(result.stdout, '');
  t.regex(
    result.stderr,
    /from its own CA, which this machine does not know\n {2}→ Pass --fingerprint or --ca/,
  );
  t.deepEqual(await tokenNames(hub), []);
});

test.serial(
  'login: with the fingerprint of the CA, pins it and keeps a token in a private file',
  async (t) => {
    const hub = await sharedHub();
    const user = await cliUser(t);
    const fingerprint = await fingerprintOf(hub);
    const result = await user.run(['login', hub.origin, '--fingerprint', fingerprint, '--password-stdin'], {
      input: `${hub.password}\n`,
    });
    t.is(result.code, 0, result.stderr);
    t.is(result.stdout, `Logged in to ${hub.origin}/edge\n`);
    const folder = join(user.home, '.config/fairlead');
    t.is((await stat(folder)).mode & 0o777, 0o700);
    t.is((await stat(join(folder, 'hubs.json'))).mode & 0o777, 0o600);
    const [token, ...others] = await tokenNames(hub);
    t.is(token?.name, 'fairlead on workstation');
    t.deepEqual(others, []);
    t.is((await user.run(['env', 'ls', '-q'])).code, 0);

    const again = ['login', hub.origin, '--fingerprint', fingerprint.replaceAll(':', ''), '--password-stdin'];
    t.is((await user.run(again, { input: hub.password })).code, 0);
    const renewed = await tokenNames(hub);
    t.is(renewed.length, 1, 'the former token is revoked');
    t.not(renewed[0]?.id, token?.id);
  },
);

test.serial('login: refuses another fingerprint, and a wrong password', async (t) => {
  const hub = await sharedHub();
  const user = await cliUser(t);
  const other = `${'AB:'.repeat(31)}AB`;
  const tampered = await user.run(['login', hub.origin, '--fingerprint', other, '--password-stdin'], {
    input: hub.password,
  });
  t.is(tampered.code, 5);
  t.regex(tampered.stderr, /has another fingerprint/);
  const ca = join(hub.dataDir, 'host/ca.pem');
  const wrong = await user.run(['login', hub.origin, '--ca', ca, '--password-stdin'], { input: 'wrong' });
  t.is(wrong.code, 3);
  t.regex(wrong.stderr, /^fairlead: .*password/i);
  t.is((await user.run(['env', 'ls'])).code, 3);
});

test.serial('login: refuses plain HTTP, a damaged address, and a CA that did not sign', async (t) => {
  const hub = await sharedHub();
  const user = await cliUser(t);
  t.is((await user.run(['login', 'http://hub.example'])).code, 2);
  t.is((await user.run(['login', 'https://'])).code, 2);
  t.is((await user.run(['login', 'https://user:secret@hub.example'])).code, 2);
  const foreign = await startHub(t);
  const result = await user.run(
    ['login', hub.origin, '--ca', join(foreign.dataDir, 'host/ca.pem'), '--password-stdin'],
    { input: hub.password },
  );
  t.is(result.code, 5);
  t.regex(result.stderr, /not from the authority that this machine trusts/);
});

test.serial('login: a token of the user is checked, kept, and not revoked by the next login', async (t) => {
  const hub = await sharedHub();
  const { body } = await hub.call<{ id: string; token: string }>('POST', '/api/tokens', { name: 'own' });
  const user = await cliUser(t);
  const args = ['login', hub.origin, '--ca', join(hub.dataDir, 'host/ca.pem'), '--token-stdin'];
  t.is((await user.run(args, { input: 'flt_wrong' })).code, 3);
  t.is((await user.run(args, { input: `${body.token}\n` })).code, 0);
  t.is((await user.run(args, { input: `${body.token}\n` })).code, 0);
  t.true((await tokenNames(hub)).some(({ id }) => id === body.id));
});

test.serial('login: FAIRLEAD_HUB, FAIRLEAD_TOKEN and FAIRLEAD_CA replace it', async (t) => {
  const hub = await sharedHub();
  const user = await cliUser(t);
  const env = {
    FAIRLEAD_HUB: hub.origin,
    FAIRLEAD_TOKEN: hub.token,
    FAIRLEAD_CA: join(hub.dataDir, 'host/ca.pem'),
  };
  t.is((await user.run(['env', 'ls'], { env })).code, 0);
  const { code, stderr } = await user.run(['env', 'ls'], { env: { ...env, FAIRLEAD_HUB: '' } });
  t.is(code, 2);
  t.regex(stderr, /without FAIRLEAD_HUB/);
});

test.serial('login: of several hubs one is current, and --hub selects another', async (t) => {
  const [hub, second] = [await sharedHub(), await startHub(t)];
  await second.createEnvironment({ name: 'elsewhere' });
  const user = await loggedInUser(t, hub);
  const ca = join(second.dataDir, 'host/ca.pem');
  const login = ['login', second.origin, '--ca', ca, '--password-stdin'];
  t.is((await user.run(login, { input: second.password })).code, 0);
  const names = async (...args: string[]) => (await user.run(['env', 'ls', '-q', ...args])).stdout;
  t.is(await names(), 'elsewhere\n');
  t.is(await names('--hub', hub.origin), '');
  t.is((await user.run(['env', 'ls', '--hub', 'https://other.example'])).code, 3);
  t.is((await user.run(['logout'])).code, 0);
  t.is(await names(), '');
  t.is((await user.run(['logout', '--hub', second.origin])).code, 3);
});

test.serial(
  'login: a folder that cannot be written is named, with the variable for another one',
  async (t) => {
    const hub = await sharedHub();
    const file = join(await tempFolder(t), 'file');
    await writeFile(file, '');
    const user = await cliUser(t, { FAIRLEAD_CONFIG: join(file, 'fairlead') });
    const args = ['login', hub.origin, '--ca', join(hub.dataDir, 'host/ca.pem'), '--password-stdin'];
    const before = await tokenNames(hub);
    const { code, stderr } = await user.run(args, { input: hub.password });
    t.is(code, 1);
    t.deepEqual(await tokenNames(hub), before, 'the token that could not be kept is revoked');
    t.regex(
      stderr,
      /^fairlead: Cannot write .*\/file\/fairlead\/hubs\.json: ENOTDIR\n {2}→ Set FAIRLEAD_CONFIG /,
    );
  },
);

test.serial('login: warns when others can read its file', async (t) => {
  const user = await loggedInUser(t, await sharedHub());
  await chmod(join(user.home, '.config/fairlead/hubs.json'), 0o644);
  const { code, stderr } = await user.run(['env', 'ls']);
  t.is(code, 0);
  t.regex(stderr, /^Warning: other users can access .*hubs\.json\. Run: chmod 600 /);
});
