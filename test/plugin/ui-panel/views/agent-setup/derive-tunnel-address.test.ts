import test from 'ava';
import { deriveTunnelAddress } from '../../../../../plugin/ui-panel/views/agent-setup/derive-tunnel-address.js';

const agentDefaults = { url: 'https://hub.test:9443/edge', tunnelAddress: 'hub.test:8000' };
const rows = [
  ['https://other.test', agentDefaults, 'other.test:8000'],
  ['http://[2001:db8::1]:9443/edge', agentDefaults, '[2001:db8::1]:8000'],
  ['https://', agentDefaults, null],
  ['nonsense', agentDefaults, null],
  ['', agentDefaults, null],
  ['https://other.test', { ...agentDefaults, tunnelAddress: 'elsewhere.test:8000' }, null],
  ['https://x.test', { url: 'https://[::1]:9443/edge', tunnelAddress: '[::1]:8000' }, 'x.test:8000'],
] as const;

for (const [url, from, expected] of rows) {
  test(`derive tunnel address: ${url || 'no URL'} with ${from.tunnelAddress} gives ${expected}`, (t) => {
    t.is(deriveTunnelAddress(url, from), expected);
  });
}
