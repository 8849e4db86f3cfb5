import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueServerCertificate, makeAuthority } from '../../../protocol/certificates/authority.js';
import type { Scope } from '../scope.js';

/** An HTTPS server on the loopback, with a certificate of its own CA. */
export async function serveHttps(t: Scope, answer: (ca: string) => RequestListener) {
  const authority = await makeAuthority(randomBytes);
  const { certificate, key } = await issueServerCertificate(
    authority,
    ['127.0.0.1'],
    Date.now(),
    randomBytes,
  );
  const requests: {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly authorization: string | undefined;
  }[] = [];
  const handle = answer(authority.certificate);
  const server = createServer({ cert: certificate, key }, (req, res) => {
    requests.push({ method: req.method, url: req.url, authorization: req.headers.authorization });
    handle(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `https://127.0.0.1:${port}`, ca: authority.certificate, requests };
}
