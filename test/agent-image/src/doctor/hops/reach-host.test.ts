import test from 'ava';
import { freePort } from '../../../../kit/free-port.js';
import { startStalledListener } from '../../../../protocol/stalled-listener.js';
import { startConnectProxy } from '../../hub/connect-proxy.js';
import { diagnose, edgeKeyAt } from '../doctor-setup.js';

test('dns hop: a name that does not resolve; later hops say why they are not checked', async (t) => {
  const { dns, addresses, tls, api } = await diagnose({ EDGE_KEY: edgeKeyAt('https://no-hub.invalid/edge') });
  t.like(dns, { result: 'fail', code: 'hub-dns' });
  t.like(addresses, { result: 'skip', text: 'Not checked: the name does not resolve' });
  t.like(tls, { result: 'skip', text: 'Not checked: there is no connection to the hub' });
  t.is(api.result, 'skip');
});

test('addresses hop: a port at which nothing listens', async (t) => {
  const { dns, addresses, tcp } = await diagnose({
    EDGE_KEY: edgeKeyAt(`https://127.0.0.1:${await freePort()}/edge`),
  });
  t.is(dns.result, 'ok');
  t.like(addresses, { result: 'fail', code: 'hub-refused' });
  t.regex(addresses.text, /^127\.0\.0\.1 \(IPv4\) port \d+ refuses: /);
  t.is(tcp.result, 'skip');
});

test('addresses hop: an address from which no packet returns', async (t) => {
  const { port } = await startStalledListener(t);
  const { addresses } = await diagnose({ EDGE_KEY: edgeKeyAt(`https://127.0.0.1:${port}/edge`) });
  t.like(addresses, { result: 'fail', code: 'hub-unreachable' });
  t.regex(addresses.text, /does not answer: packets are dropped/);
});

for (const status of [403, 407]) {
  test(`proxy hop: a proxy that answers ${status}, and no password in the result`, async (t) => {
    const { port } = await startConnectProxy(t, { status });
    const EDGE_KEY = edgeKeyAt('https://hub.test:9443/edge');
    const hops = await diagnose({ EDGE_KEY, HTTPS_PROXY: `http://me:never-shown@127.0.0.1:${port}` });
    t.is(hops.tcp.result, 'ok');
    t.like(hops.proxy, { result: 'fail', code: 'proxy-refused' });
    t.regex(hops.proxy.text, new RegExp(`HTTP ${status}`));
    t.is(hops.tls.result, 'skip');
    t.false(JSON.stringify(hops).includes('never-shown'));
  });
}

test('proxy hop: a proxy that nothing listens for', async (t) => {
  const HTTPS_PROXY = `http://127.0.0.1:${await freePort()}`;
  const { addresses, proxy } = await diagnose({
    EDGE_KEY: edgeKeyAt('https://hub.test:9443/edge'),
    HTTPS_PROXY,
  });
  t.is(addresses.result, 'fail');
  t.like(proxy, { result: 'skip', text: 'Not checked: the proxy does not accept connections' });
});
