import test from 'ava';
import { systemClock } from '../../../protocol/time/clock.js';
import { ACCESS_PATH, newAccess, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';

const DAY_MS = 86_400_000;

test('expiring contexts: doctor and context warn for two weeks, and not before', async (t) => {
  const expiresAt = new Date(Date.now() + 90 * DAY_MS).toISOString();
  const hub = await startScriptedHub(t, {
    [`POST ${ACCESS_PATH}`]: () => newAccess({ expiresAt }),
    'GET /edge/api/openapi.json': () => ({ body: { info: { version: '1.0.0' } } }),
  });
  const user = await scriptedUser(t, hub);
  t.is((await user.run(['context', 'shop'])).code, 0);
  hub.answers[`POST ${ACCESS_PATH}`] = () =>
    newAccess({ id: 'a2', expiresAt: new Date(Date.now() + 400 * DAY_MS) });
  const after = async (days: number) => {
    const clock = { ...systemClock, now: () => Date.now() + days * DAY_MS };
    const { stdout } = await user.run(['doctor', '--json'], { clock });
    const { stderr } = await user.run(['context', 'shop', '--as', 'other'], { clock });
    const checks: { check: string; text: string; result: string }[] = JSON.parse(stdout).checks;
    return { found: checks.filter(({ check }) => check === 'context'), stderr };
  };
  const early = await after(75.9);
  t.deepEqual(early.found, []);
  t.false(early.stderr.includes('Warning'));
  const date = expiresAt.slice(0, 10);
  const late = await after(76.1);
  const text = `the certificate of context shop ends on ${date}`;
  const nextStep = 'Renew it with the fairlead context command that created it';
  t.like(late.found, [{ result: 'warn', text, nextStep }]);
  t.true(late.stderr.includes(`Warning: ${text}. ${nextStep}\n`), late.stderr);
  t.regex((await after(91)).found[0]?.text ?? '', /^the certificate of context shop ended on /);
});
