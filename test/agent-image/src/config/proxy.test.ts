import test from 'ava';
import { proxyFor } from '../../../../agent-image/src/config/proxy.js';

const url = new URL('http://proxy:3128');

const rules: [noProxy: string, host: string, port: number, proxied: boolean][] = [
  ['', 'hub.example', 443, true],
  ['*', 'hub.example', 443, false],
  ['hub.example', 'hub.example', 443, false],
  ['HUB.example', 'hub.EXAMPLE', 443, false],
  ['example', 'hub.example', 443, false],
  ['.example', 'hub.example', 443, false],
  ['*.example', 'hub.example', 443, false],
  ['.hub.example', 'hub.example', 443, true],
  ['ub.example', 'hub.example', 443, true],
  ['other, hub.example', 'hub.example', 443, false],
  ['hub.example:443', 'hub.example', 443, false],
  ['hub.example:443', 'hub.example', 8000, true],
  ['10.0.0.0/8', '10.1.2.3', 443, false],
  ['10.0.0.0/8', '11.1.2.3', 443, true],
  ['10.0.0.0/33', '10.1.2.3', 443, true],
  ['10.0.0.0/8', 'hub.example', 443, true],
  ['10.1.2.3', '10.1.2.3', 443, false],
  ['10.1.2.3:443', '10.1.2.3', 443, false],
  ['10.1.2.3:443', '10.1.2.3', 8000, true],
  ['2.3', '10.1.2.3', 443, true],
  ['fd00::/8', 'fd00::1', 443, false],
  ['fd00::1', 'fd00:0:0::1', 443, false],
  ['[fd00::1]:443', 'fd00::1', 443, false],
  ['[fd00::1]:443', 'fd00::1', 8000, true],
  ['', 'localhost', 443, false],
  ['', '127.8.9.1', 443, false],
  ['', '::1', 443, false],
];

for (const [noProxy, host, port, proxied] of rules) {
  test(`proxy: with NO_PROXY=${JSON.stringify(noProxy)} ${host} ${port} is reached ${proxied ? 'through it' : 'directly'}`, (t) => {
    t.is(proxyFor({ url, noProxy }, host, port), proxied ? url : null);
  });
}

test('proxy: without HTTPS_PROXY everything is reached directly', (t) => {
  t.is(proxyFor({ url: null, noProxy: '' }, 'hub.example', 443), null);
});
