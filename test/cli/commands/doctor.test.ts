import test from 'ava';
import { systemClock } from '../../../protocol/time/clock.js';
import { cliUser } from '../../kit/cli/run-cli.js';
import { accessesOf, type Shop, startShop } from '../../kit/cli/shop.js';
import { silentPort } from '../../kit/cli/silent-port.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<Shop> | undefined;
const setup = () => {
  started ??= startShop(scope);
  return started;
};
interface Report {
  readonly ok: boolean;
  readonly checks: readonly { check: string; result: string; text: string; nextStep?: string }[];
}
const failures = ({ checks }: Report) => checks.filter(({ result }) => result === 'fail');

test.serial('doctor NAME: checks each step to the engine, and leaves no access behind', async (t) => {
  const { hub, user, shopId } = await setup();
  const { code, stdout, stderr } = await user.run(['doctor', 'shop']);
  t.is(code, 0, stdout + stderr);
  const names = [...stdout.matchAll(/^[✓✗-] (\S+(?: \w+)?)\s{2,}/gm)].map(([, name]) => name);
  t.deepEqual(names, [
    ...['login', 'dns', 'tcp', 'tls', 'api', 'clock', 'token'],
    ...['environment', 'tunnel', 'certificate', 'docker port', 'docker'],
  ]);
  t.regex(stdout, /^✓ tls +TLSv1\.3, certificate by the pinned CA, valid until \d{4}-/m);
  t.deepEqual(await accessesOf(hub, shopId), []);
});

test.serial('doctor: names the first step that fails, and the next one to take', async (t) => {
  const { user } = await setup();
  const { code, stdout } = await user.run(['doctor', 'depot 7', '--json']);
  t.is(code, 1);
  const report: Report = JSON.parse(stdout);
  t.false(report.ok);
  const [failure, ...others] = failures(report);
  t.like(failure, { check: 'environment' });
  t.truthy(failure?.nextStep);
  t.deepEqual(others, []);
});

test.serial(
  'doctor: a revoked token, a stopped hub and a missing login fail at different checks',
  async (t) => {
    const stranger = await cliUser(t);
    t.is(failures(JSON.parse((await stranger.run(['doctor', '--json'])).stdout))[0]?.check, 'login');

    const { user } = await setup();
    const env = { FAIRLEAD_TOKEN: 'flt_revoked' };
    const revoked = JSON.parse((await user.run(['doctor', '--json'], { env })).stdout);
    t.is(failures(revoked)[0]?.check, 'token');

    const stopped = { FAIRLEAD_TOKEN: 'flt_x', FAIRLEAD_HUB: 'https://127.0.0.1:1' };
    const [down] = failures(JSON.parse((await user.run(['doctor', '--json'], { env: stopped })).stdout));
    t.like(down, { check: 'tcp' });
    t.regex(down?.text ?? '', /refused/);
    const unknown = { ...stopped, FAIRLEAD_HUB: 'https://hub.invalid' };
    t.is(
      failures(JSON.parse((await user.run(['doctor', '--json'], { env: unknown })).stdout))[0]?.check,
      'dns',
    );
  },
);

test('doctor: a port that says nothing fails in time, with the next step', async (t) => {
  const port = await silentPort(t);
  const env = { FAIRLEAD_TOKEN: 'flt_x', FAIRLEAD_HUB: `https://127.0.0.1:${port.number}` };
  const user = await cliUser(t);
  const clock = { ...systemClock, after: (ms: number, act: () => void) => systemClock.after(ms / 100, act) };
  const { code, stdout } = await user.run(['doctor', '--json'], { env, clock });
  t.is(code, 1);
  const [failure] = failures(JSON.parse(stdout));
  t.like(failure, { check: 'tls', nextStep: 'Check firewalls between this machine and the hub' });
  t.regex(failure?.text ?? '', /^Cannot reach .*: no answer in time$/);
});

test('doctor: an interrupt is not a failed check', async (t) => {
  const port = await silentPort(t);
  const env = { FAIRLEAD_TOKEN: 'flt_x', FAIRLEAD_HUB: `https://127.0.0.1:${port.number}` };
  const user = await cliUser(t);
  const running = user.start(['doctor'], { env });
  await port.reached;
  running.signal('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 130);
  t.false(stdout.includes('✗'), stdout);
  t.is(stderr, 'fairlead: Interrupted\n');
});
