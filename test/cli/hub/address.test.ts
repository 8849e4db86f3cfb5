import test from 'ava';
import { parseHubAddress } from '../../../cli/hub/address.js';

test('hub address: the bundled host’s path is the default, and another is kept', (t) => {
  t.is(parseHubAddress('hub.example'), 'https://hub.example/edge');
  t.is(parseHubAddress('hub.example:9443'), 'https://hub.example:9443/edge');
  t.is(parseHubAddress('https://hub.example:9443/'), 'https://hub.example:9443/edge');
  t.is(parseHubAddress('https://[2001:db8::7]:9443'), 'https://[2001:db8::7]:9443/edge');
  t.is(parseHubAddress('https://dash.example/docker/edge/'), 'https://dash.example/docker/edge');
});

test('hub address: anything but https without secrets in it is refused', (t) => {
  for (const text of [
    'http://hub.example',
    'ftp://hub',
    'https://a:b@hub',
    'https://hub/?token=1',
    'https://',
    '',
  ])
    t.throws(() => parseHubAddress(text), { name: 'Failure' }, text);
});
