import test from 'ava';
import { ACCESS_PATH, newAccess, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';

test('docker access: an answer with anything but a TCP address and certificates is refused, and revoked', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  for (const changes of [
    { host: 'unix:///var/run/docker.sock' },
    { host: 'ssh://root@hub.example:22' },
    { host: 'tcp://hub.example' },
    { host: 'tcp://hub.example:70000' },
    { host: 'tcp://hub.example:2376/path' },
    { host: 'tcp://user@hub.example:2376' },
    { host: 7 },
    { ca: null },
    { certificate: 'text' },
    { expiresAt: 'later' },
  ]) {
    const calls = hub.calls().length;
    hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess(changes);
    for (const args of [
      ['context', 'shop'],
      ['exec', 'shop', '--', 'true'],
    ]) {
      const { code, stderr } = await user.run(args);
      t.is(code, 1, JSON.stringify(changes));
      t.regex(stderr, /^fairlead: The hub’s answer is not a valid Docker access\n {2}→ /);
    }
    t.is(
      hub
        .calls()
        .slice(calls)
        .filter((call) => call === `DELETE ${ACCESS_PATH}/a1`).length,
      2,
    );
  }
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ id: '../../6' });
  const calls = hub.calls().length;
  t.is((await user.run(['context', 'shop'])).code, 1);
  t.false(
    hub
      .calls()
      .slice(calls)
      .some((call) => call.startsWith('DELETE')),
  );
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ host: 'tcp://[2001:db8::1]:2376' });
  t.is((await user.run(['context', 'shop'])).code, 0);
});
