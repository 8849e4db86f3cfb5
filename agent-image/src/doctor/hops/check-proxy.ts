import type { ProxySettings } from '../../config/proxy.js';
import type { Chain } from '../chain.js';
import type { ApiTarget, Connect } from '../connect.js';

const CONNECT_MS = 8_000;

/** Checks `proxy`: whether one is used, and whether it connects to the API. */
export async function checkProxy(
  chain: Chain,
  { host, port, proxy }: ApiTarget,
  settings: ProxySettings,
  connect: Connect,
): Promise<void> {
  if (proxy === null) {
    const why =
      settings.url === null ? 'HTTPS_PROXY is not set' : `NO_PROXY has ${host}, or it is this machine`;
    chain.skip('proxy', `None: ${why}`);
    return;
  }
  if (!chain.passed('tcp')) {
    chain.skip('proxy', 'Not checked: the proxy does not accept connections');
    return;
  }
  await chain.run('proxy', CONNECT_MS + 1_000, async () => {
    (await connect(CONNECT_MS)).destroy();
    return { value: true, text: `${shown(proxy)} of HTTPS_PROXY connects to ${host}:${port}` };
  });
}

/** Without the password. */
function shown({ protocol, host, username }: URL): string {
  return `${protocol}//${host}${username === '' ? '' : ' (with a user)'}`;
}
