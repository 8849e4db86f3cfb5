import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { ACCESS_PATH, startScriptedHub } from '../kit/cli/scripted-hub.js';
import { tempFolder } from '../kit/temp-folder.js';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

async function start(t: ExecutionContext, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const home = await tempFolder(t);
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: { PATH: process.env.PATH, HOME: home, FAIRLEAD_CONFIG: join(home, 'config'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

test('process: a closed output ends it with 141, and what it created is revoked', async (t) => {
  const hub = await startScriptedHub(t);
  const env = { FAIRLEAD_HUB: hub.origin, FAIRLEAD_TOKEN: 'flt_x', FAIRLEAD_CA: hub.caFile };
  const child = await start(t, ['connect', 'shop', '--port', '0'], env);
  child.stdout.destroy();
  const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  t.is(code, 141, errors);
  t.true(hub.calls().includes(`DELETE ${ACCESS_PATH}/a1`));
});

test('process: with --json, errors of usage and files are JSON with their exit codes', async (t) => {
  for (const [args, env, expected, pattern] of [
    [['--json', 'opn'], {}, 2, /^unknown command 'opn'$/],
    [['open', '--json'], {}, 2, /^missing required argument 'name'$/],
    [['--json', 'env'], {}, 2, /^A command is missing$/],
    [
      ['env', 'ls', '--json'],
      { FAIRLEAD_HUB: 'https://hub.invalid', FAIRLEAD_TOKEN: 'x', FAIRLEAD_CA: '/nope' },
      2,
      /^Cannot open \/nope: it does not exist$/,
    ],
    [['login', 'https://hub.invalid', '--ca', '/', '--json'], {}, 2, /it is a folder$/],
  ] as const) {
    const child = await start(t, args, env);
    const [[code], out, errors] = await Promise.all([
      once(child, 'exit'),
      text(child.stdout),
      text(child.stderr),
    ]);
    t.is(code, expected, errors);
    t.is(out, '');
    const { error } = JSON.parse(errors);
    t.regex(error.message, pattern);
    t.truthy(error.nextStep, errors);
  }
});
