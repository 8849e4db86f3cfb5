import { randomBytes } from 'node:crypto';
import test from 'ava';
import {
  issueClientCertificate,
  makeAuthority,
  newSerialNumber,
} from '../../../protocol/certificates/authority.js';
import { issuedBy } from '../../../protocol/certificates/issued-by.js';

test('issued by: a certificate of this CA, not of another one of the same name', async (t) => {
  const namesake = (size: number) => (size === 4 ? Buffer.alloc(4) : randomBytes(size));
  const [own, other] = [await makeAuthority(namesake), await makeAuthority(namesake)];
  const client = {
    ...{ serialNumber: newSerialNumber(randomBytes), commonName: 'x', uri: 'x:y', publicKey: null },
    ...{ now: Date.now(), expiresAtMs: Date.now() + 60_000 },
  };
  const isOwn = issuedBy(own.certificate);
  t.true(isOwn((await issueClientCertificate(own, client)).certificate));
  t.false(isOwn((await issueClientCertificate(other, client)).certificate));
  t.false(isOwn('no certificate'));
});
