import { hostname } from 'node:os';
import test from 'ava';
import { localNames } from '../../../protocol/certificates/local-names.js';

test('certificate: local names are loopback, hostname, addresses and the public URL, without names that certificates cannot contain', (t) => {
  const names = localNames('https://Hub.Example:9443/edge');
  for (const name of ['localhost', '127.0.0.1', '::1', 'hub.example']) t.true(names.includes(name), name);
  if (/^[a-z\d-]+$/i.test(hostname())) t.true(names.includes(hostname().toLowerCase()));
  t.true(localNames('https://[2001:db8::1]/').includes('2001:db8::1'));
  t.false(localNames('https://bad_name/').includes('bad_name'));
  t.false(names.some((name) => name.startsWith('fe80')));
});
