import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { startHost } from '../../host/start-host.js';

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

test('answers: a host that waits for the end of a stream as well causes no leak warning', async (t) => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const host = await startHost(t, { deps: { pluginFolders: [projectFolder] } });
  const headers = await host.signIn();
  const { port, ca } = host;
  const options = { host: '127.0.0.1', port, ca, path: '/edge/api/events', headers };
  const req = get({ ...options, agent: false });
  req.on('error', () => undefined);
  const [answer] = (await once(req, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  t.is(answer.statusCode, 200);
  // At the first byte all listeners are attached, and warnings are emitted in the same turn.
  await once(answer, 'data');
  req.destroy();
  t.deepEqual(warnings, []);
});
