import test from 'ava';
import { ACCESS_PATH, newAccess, scriptedUser, startScriptedHub } from '../../kit/cli/scripted-hub.js';

test('environment context: --force revokes the access of the context that it replaces', async (t) => {
  const hub = await startScriptedHub(t);
  const user = await scriptedUser(t, hub);
  t.is((await user.run(['context', 'shop', '--as', 'mine'])).code, 0);
  const item = { id: 6, name: 'depot', status: 'online', tunnel: 'idle', problem: null, lastCheckInAt: null };
  hub.answers['GET /edge/api/environments'] = () => ({ body: { items: [item], total: 1, nextCursor: null } });
  hub.answers['POST /edge/api/environments/6/docker-access'] = () => newAccess({ id: 'a2' });
  t.is((await user.run(['context', 'depot', '--as', 'mine'])).code, 1);
  t.false(hub.calls().includes(`DELETE ${ACCESS_PATH}/a1`));
  t.is((await user.run(['context', 'depot', '--as', 'mine', '--force'])).code, 0);
  t.is(hub.calls().at(-1), `DELETE ${ACCESS_PATH}/a1`);
});

test('environment context: a former access that cannot be revoked is a note', async (t) => {
  const refusal = { status: 500, body: { code: 'internal', detail: 'Broken' } };
  const hub = await startScriptedHub(t, { [`DELETE ${ACCESS_PATH}/a1`]: () => refusal });
  const user = await scriptedUser(t, hub);
  t.is((await user.run(['context', 'shop'])).code, 0);
  hub.answers[`POST ${ACCESS_PATH}`] = () => newAccess({ id: 'a2' });
  const { code, stdout, stderr } = await user.run(['context', 'shop']);
  t.is(code, 0);
  t.regex(stdout, /^Renewed context shop/);
  t.regex(stderr, /^fairlead: the certificate was not revoked: Broken$/m);
});
