import http from 'node:http';
import test from 'ava';
import { startPlugin, type TestPlugin } from '../../../kit/hub/plugin.js';

/** Status with which a page's handshake is refused; its ticket is none. */
function knock({ url }: TestPlugin, origin: string): Promise<number | undefined> {
  const path = `/api/environments/1/exec/${'a'.repeat(64)}/ws?ticket=${'t'.repeat(43)}`;
  const headers = { connection: 'Upgrade', upgrade: 'websocket', origin };
  return new Promise((resolve, reject) => {
    const req = http.get(url + path, { headers, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on('error', reject);
  });
}

test('console: a page at the host’s public URL is same-origin', async (t) => {
  const hub = await startPlugin(t, { publicUrl: 'https://hub.example/edge' });
  t.is(await knock(hub, 'https://hub.example'), 401, 'its ticket is checked');
  t.is(await knock(hub, new URL(hub.url).origin), 401);
  for (const origin of ['https://evil.example', 'https://hub.example:444', 'null']) {
    t.is(await knock(hub, origin), 403, origin);
  }
  await hub.call('PATCH', '/api/settings', { publicUrl: 'https://other.example/edge' });
  t.is(await knock(hub, 'https://hub.example'), 403);
  t.is(await knock(hub, 'https://other.example'), 401);
});
