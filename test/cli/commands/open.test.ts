import test from 'ava';
import type { EnvironmentView } from '../../../plugin/api.js';
import { type Shop, startShop } from '../../kit/cli/shop.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<Shop> | undefined;
const setup = () => {
  started ??= startShop(scope);
  return started;
};

test.serial('env ls: an aligned table, names, or the API’s JSON', async (t) => {
  const { user } = await setup();
  const { stdout } = await user.run(['env', 'ls']);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  t.is(head, 'NAME      STATUS   TUNNEL   ENGINE   LAST CHECK-IN');
  t.is(rows[0], 'depot 7   new      idle     -        -');
  t.regex(rows[1] ?? '', /^shop {6}online {3}\w+ +1 {8}\d+ seconds? ago$/);
  t.is((await user.run(['env', 'ls', '-q', '--status', 'new'])).stdout, 'depot 7\n');
  t.is((await user.run(['env', 'ls', '-q', '--tag', 'north'])).stdout, 'shop\n');
  t.is((await user.run(['env', 'ls', '-q', '--search', 'DEPOT'])).stdout, 'depot 7\n');
  const items: EnvironmentView[] = JSON.parse((await user.run(['env', 'ls', '--json'])).stdout);
  t.deepEqual(
    items.map(({ name }) => name),
    ['depot 7', 'shop'],
  );
});

test.serial('env ls: a refusal of the hub is one line, without a stack', async (t) => {
  const { user } = await setup();
  const { code, stderr } = await user.run(['env', 'ls', '--tag', 'x'.repeat(100)]);
  t.is(code, 1);
  t.regex(stderr, /^fairlead: .*tag.*\n(?: {2}→ .*\n)?$/);
});

test.serial('open: wakes the environment and reports each step', async (t) => {
  const { hub, user } = await setup();
  const [shop] = (await hub.call<{ items: EnvironmentView[] }>('GET', '/edge/api/environments?search=shop'))
    .body.items;
  await hub.call('DELETE', `/edge/api/environments/${shop?.id}/tunnel`);
  const { code, stdout, stderr } = await user.run(['open', 'shop']);
  t.is(code, 0, stderr);
  t.regex(
    stdout,
    /^✓ hub +\S+ answered in .*\n✓ agent +online, last check-in .*\n✓ credential +sent after .*\n✓ tunnel +active after .*\n✓ engine +answered in .*\n$/,
  );
  const again = JSON.parse((await user.run(['open', String(shop?.id), '--json'])).stdout);
  t.true(again.ok);
  t.deepEqual(
    again.steps.map(({ step }: { step: string }) => step),
    ['hub', 'agent', 'credential', 'tunnel', 'engine'],
  );
});

test.serial('open: says which step failed, and what to do', async (t) => {
  const { user } = await setup();
  const { code, stdout } = await user.run(['open', 'depot 7']);
  t.is(code, 5);
  t.regex(stdout, /\n✗ agent +new: .*\n {2}→ \S.*\n$/);
  const unknown = await user.run(['open', 'shp']);
  t.is(unknown.code, 4);
  t.regex(unknown.stdout, /^✗ hub +No environment is named shp\n/);
  const json = await user.run(['open', 'shp', '--json']);
  t.is(json.code, 4);
  t.is(JSON.parse(json.stdout).failed.message, 'No environment is named shp');
  t.is(JSON.parse(json.stderr).error.message, 'No environment is named shp');
});

test('usage: unknown commands, options and values end with 2 and a hint', async (t) => {
  const { user } = await setup();
  const typo = await user.run(['opn']);
  t.is(typo.code, 2);
  t.regex(typo.stderr, /Did you mean open\?/);
  t.is((await user.run(['open'])).code, 2);
  t.is((await user.run(['open', 'shop', '--wait', '-3'])).code, 2);
  t.is((await user.run(['env', 'ls', '--status', 'sleepy'])).code, 2);
  const hostile = await user.run(['env', 'ls', '--\u001b[2J']);
  t.is(hostile.code, 2);
  t.false(hostile.stderr.includes('\u001b'));
  t.is((await user.run(['--version'])).stdout, '9.9.9\n');
});
