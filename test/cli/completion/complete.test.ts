import test from 'ava';
import { cliUser } from '../../kit/cli/run-cli.js';
import { loginTo, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';

test('completion: commands, options and fixed values come from the command tree', async (t) => {
  const user = await cliUser(t);
  const complete = async (...words: string[]) =>
    (await user.run(['__complete', '--', ...words])).stdout.split('\n').slice(0, -1);
  t.deepEqual(await complete('co'), ['context', 'connect', 'completion']);
  t.deepEqual(await complete('__'), []);
  t.deepEqual(await complete('env', ''), ['ls']);
  t.deepEqual(await complete('env', 'ls', '--st'), ['--status']);
  t.deepEqual(await complete('env', 'ls', '--status', 'o'), ['online', 'offline']);
  t.deepEqual(await complete('--hub', 'x', 'env', 'ls', '--js'), ['--json']);
  t.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish']);
  t.deepEqual(await complete('exec', 'shop', '--', ''), []);
  t.deepEqual(await complete('context', 'r'), ['rm'], 'without a login there are no names');
});

test('completion: names are those of the hub that was typed', async (t) => {
  const [current, other] = [await startScriptedHub(t), await startScriptedHub(t)];
  const item = {
    id: 5,
    name: 'harbour',
    status: 'online',
    tunnel: 'idle',
    problem: null,
    lastCheckInAt: null,
  };
  other.answers['GET /edge/api/environments'] = () => ({
    body: { items: [item], total: 1, nextCursor: null },
  });
  const user = await scriptedUser(t, other);
  t.is((await user.run(loginTo(current), { input: 'password' })).code, 0);
  const complete = async (...words: string[]) => (await user.run(['__complete', '--', ...words])).stdout;
  t.is(await complete('open', ''), 'shop\n');
  t.is(await complete('--hub', other.origin, 'open', ''), 'harbour\n');
  t.is(await complete('open', `--hub=${other.origin}`, ''), 'harbour\n');
  // bash separates words at colons and equals signs.
  const [scheme = '', host = '', port = ''] = other.origin.split(':');
  t.is(await complete('--hub', scheme, ':', host, ':', port, 'open', ''), 'harbour\n');
  t.is(await complete('--hub', '=', scheme, ':', host, ':', port, 'open', ''), 'harbour\n');
});

test('completion: prints a script for each shell', async (t) => {
  const user = await cliUser(t);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await user.run(['completion', shell]);
    t.is(code, 0);
    t.regex(stdout, /fairlead __complete -- /);
  }
  t.is((await user.run(['completion', 'tcsh'])).code, 2);
});
