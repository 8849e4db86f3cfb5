import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import tls from 'node:tls';
import type { Page } from 'playwright-core';
import {
  issueServerCertificate,
  type KeyedCertificate,
  makeAuthority,
} from '../../../protocol/certificates/authority.js';
import { startAgent } from '../../kit/agent/agent.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { layoutFaults } from '../../kit/browser/panel-faults.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const MARKUP = `<img src=x onerror="alert('pwned')">`;

serialBrowserTest(
  'panel: creating shows whether agents can reach the hub, and the step that fails',
  async (t) => {
    t.timeout(400_000);
    await havePanel();
    const engine = await sharedEngine();
    const folder = await tempFolder(t);
    const authority = await makeAuthority(randomBytes);
    await writeFile(join(folder, 'ca.pem'), authority.certificate);
    // To this hub's Node, and to its agents', that authority is one that everybody knows.
    const hub = await startHub(t, { env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') } });
    const proxy = await startProxy(t, hub, authority, 'passes WebSockets');
    const plainProxy = await startProxy(t, hub, authority, 'refuses WebSockets');
    const { page, errors, ran } = await openPanel(t, hub);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: hub.origin });

    // By keyboard, to the new view's heading.
    await page.focus('button:text-is("Create environment")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h2:text-is("Create environment"):focus');
    await page.waitForSelector(
      'text=/certificate at localhost:\\d+ is not from an authority that agents know/',
    );
    await page.waitForSelector('text=/is a loopback address/');
    t.true(await page.isChecked('input[name=insecurePoll]'));
    t.is(await page.inputValue('input[name=url]'), `${hub.origin}/edge`);
    t.deepEqual(await layoutFaults(page), []);

    // By default the tunnel address is derived from the URL.
    await page.fill('input[name=url]', 'https://127.0.0.1:1');
    t.is(await page.inputValue('input[name=tunnelAddress]'), `127.0.0.1:${hub.tunnelPort}`);
    await page.keyboard.press('Tab');
    await page.waitForSelector('text="Nothing listens at 127.0.0.1:1."');
    t.is(await page.locator('input[name=insecurePoll]').count(), 0, 'nothing is known of the certificate');
    await page.fill('input[name=url]', proxy);
    await page.keyboard.press('Tab');
    await page.waitForSelector('text=/The certificate at localhost:\\d+ is trusted everywhere/');
    t.is(await page.locator('input[name=insecurePoll]').count(), 0, 'agents know the certificate');
    await page.fill('input[name=url]', hub.origin);
    await page.fill('input[name=tunnelAddress]', 'nowhere');
    await page.fill('input[name=name]', MARKUP);
    await page.click('button:text-is("Create")');
    await page.waitForSelector(
      '.field:has(input[name=tunnelAddress][aria-invalid=true]):has-text("not an address")',
    );
    t.deepEqual(await layoutFaults(page), []);
    await page.fill('input[name=tunnelAddress]', `localhost:${hub.tunnelPort}`);
    await page.keyboard.press('Tab');
    await page.waitForSelector('input[name=insecurePoll]:checked');
    await page.click('button:text-is("Create")');
    await page.waitForSelector('text=Waiting for the agent');
    t.deepEqual(await layoutFaults(page), []);

    // The stack needs three pastes, in order.
    await page.focus('role=tab[name="Docker"]');
    for (let n = 0; n < 2; n++) await page.keyboard.press('ArrowRight');
    await page.waitForSelector('#stack[aria-selected=true]:focus');
    const pastes = await page.locator('fairlead-copy-text pre').allInnerTexts();
    t.deepEqual(
      pastes.map((text) => text.split(' ', 2).join(' ')),
      ['printf %s', '# First,', 'docker stack'],
    );
    t.deepEqual(await layoutFaults(page), []);
    await page.click('role=button[name="Copy the command that creates the secret"]');
    await page.waitForSelector('text="Copied."');
    t.is(await page.evaluate('navigator.clipboard.readText()'), pastes[0]);

    const { edgeKey } = await identityIn(page);
    const stranger = await startAgent(t, {
      edgeId: '11111111-1111-4111-8111-111111111111',
      edgeKey,
      engine: engine.socketPath,
    });
    await page.waitForSelector('text="An agent was rejected."');
    await page.waitForSelector('text="(edge-id-mismatch)"');
    t.deepEqual(await layoutFaults(page), []);
    await stranger.child.kill('SIGKILL');
    await startAgent(t, { ...(await identityIn(page)), engine: engine.socketPath });
    await page.waitForSelector('text="Everything works."');
    t.deepEqual(await layoutFaults(page), []);

    await create(page, 'behind a proxy', `localhost:${hub.tunnelPort}`, proxy);
    t.false((await page.locator('pre:has-text("docker run")').innerText()).includes('EDGE_INSECURE_POLL'));
    await startAgent(t, {
      ...(await identityIn(page)),
      engine: engine.socketPath,
      env: { EDGE_INSECURE_POLL: '0', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    await page.waitForSelector('text="Everything works."');

    await create(page, 'no tunnel', `localhost:${await shutPort()}`, plainProxy);
    await startAgent(t, {
      ...(await identityIn(page)),
      engine: engine.socketPath,
      env: { EDGE_INSECURE_POLL: '0', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    await page.waitForSelector('text="The agent checks in, but its tunnel does not open."');
    await page.waitForSelector('text="(hub-refused)"');
    t.deepEqual(await layoutFaults(page), []);

    await create(page, 'no engine', `localhost:${hub.tunnelPort}`);
    await startAgent(t, { ...(await identityIn(page)), engine: join(await tempFolder(t), 'nothing.sock') });
    await page.waitForSelector('text="The tunnel is open, but the engine does not answer."');
    await page.waitForSelector('text="(engine-unreachable)"');
    t.deepEqual([errors, ran], [[], []]);
  },
);

async function create(page: Page, name: string, tunnelAddress: string, url?: string): Promise<void> {
  await page.click('text="All environments"');
  await page.click('text="Create environment"');
  // Only now: the hub's addresses would replace earlier input.
  await page.waitForSelector('fairlead-self-test');
  await page.fill('input[name=name]', name);
  if (url) await page.fill('input[name=url]', url);
  await page.fill('input[name=tunnelAddress]', tunnelAddress);
  await page.click('button:text-is("Create")');
  await page.waitForSelector('text=Waiting for the agent');
}

/** As an operator would read it from the command for Docker. */
async function identityIn(page: Page): Promise<{ edgeId: string; edgeKey: string }> {
  await page.click('role=tab[name="Docker"]');
  const command = await page.locator('pre:has-text("docker run")').innerText();
  const [, edgeId = ''] = /EDGE_ID=(\S+)/.exec(command) ?? [];
  const [, edgeKey = ''] = /EDGE_KEY=(\S+)/.exec(command) ?? [];
  return { edgeId, edgeKey };
}

/** Ends TLS in front of a hub, with a certificate of this authority. Resolves to its URL. */
async function startProxy(
  t: Scope,
  hub: Hub,
  authority: KeyedCertificate,
  kind: 'passes WebSockets' | 'refuses WebSockets',
): Promise<string> {
  const { certificate, key } = await issueServerCertificate(
    authority,
    ['localhost'],
    Date.now(),
    randomBytes,
  );
  const sockets = new Set<tls.TLSSocket>();
  const server = tls.createServer({ cert: certificate, key }, (client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.once('data', (head: Buffer) => {
      if (kind === 'refuses WebSockets' && /^upgrade: websocket/im.test(head.toString('latin1'))) {
        client.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const behind = tls.connect({ host: 'localhost', port: hub.port, rejectUnauthorized: false });
      behind.write(head);
      pipeline(client, behind, client, () => undefined);
    });
  });
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0);
  await once(server, 'listening');
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

/** A port that was free a moment ago. */
async function shutPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
