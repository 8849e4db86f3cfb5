// The baseline of `fleet`: the least that a Node server does for a check-in. It checks one HMAC and answers 304, a held one when its wait is over.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseAuthorization, verifyHead } from '../../protocol/crypto/request-signature.js';
import { LISTEN_BACKLOG } from '../../protocol/network/listen-backlog.js';
import { agentOf } from '../lab/many-environments.js';

const { folder, count } = JSON.parse(process.argv[2] ?? '{}');
const MOUNT = '/edge';
const ETAG = '"bench"';
const secrets = Array.from({ length: count + 1 }, (_, id) => agentOf(id).secret);
const [key, cert] = ['server-key.pem', 'server.pem'].map((name) => readFileSync(`${folder}/${name}`));

const server = https.createServer({ key, cert, keepAliveTimeout: 75_000 }, (req, res) => {
  const claim = parseAuthorization(req.headers.authorization);
  const path = (req.url ?? '').slice(MOUNT.length);
  const isGenuine = verifyHead(secrets[claim.environmentId] ?? Buffer.alloc(0), claim, {
    method: 'GET',
    path,
  });
  const answer = () => {
    res.writeHead(isGenuine ? 304 : 401, { etag: ETAG });
    res.end();
  };
  const wait = /^wait=(\d+)$/.exec(String(req.headers.prefer))?.[1];
  if (wait === undefined) answer();
  else setTimeout(answer, Number(wait) * 1_000);
});
server.listen(0, '127.0.0.1', LISTEN_BACKLOG, () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
